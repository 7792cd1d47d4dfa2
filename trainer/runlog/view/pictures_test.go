package view

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPictures makes the pictures of docs/view.md from the run folders that
// RLVR_PICTURES lists, joined by ":".
func TestPictures(t *testing.T) {
	folders := os.Getenv("RLVR_PICTURES")
	if folders == "" {
		t.Skip("RLVR_PICTURES=RUN:RUN makes the pictures of docs/view.md")
	}
	b := openBrowser(t, 1160, 600)
	url := serve(t, strings.Split(folders, ":")...)
	const following = `document.querySelector("#status").innerText == "following"`

	b.open(url + "/#m=reward|eval/validation/avg@1|entropy|clip_ratio/region_mean&smooth=0.8")
	b.until(following)
	b.mouse("mouseMoved", 560, 160)
	savePicture(b, "view-curves.png")

	b.open(url + "/#tab=samples&verdict=incorrect&by=log_probs")
	b.until(following)
	b.eval(`document.querySelector("tbody tr").click()`, nil)
	b.until(`document.querySelectorAll(".token").length > 0`)
	b.eval(`document.querySelector(".token").dispatchEvent(new PointerEvent("pointerenter"))`, nil)
	savePicture(b, "view-samples.png")
}

// savePicture writes what the page shows to docs.
func savePicture(b *browser, name string) {
	b.t.Helper()
	time.Sleep(300 * time.Millisecond) // the last frame
	full, err := png.Decode(bytes.NewReader(b.picture()))
	must(b.t, err)
	f, err := os.Create(filepath.Join("..", "..", "..", "docs", name))
	must(b.t, err)
	must(b.t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(f, coarse(full)))
	must(b.t, f.Close())
}

// coarse rounds colours to five bits, which makes a small file of a picture of text.
func coarse(full image.Image) image.Image {
	out := image.NewRGBA(full.Bounds())
	round := func(v uint32) uint8 { return uint8((v*31 + 32767) / 65535 * 255 / 31) }
	for y := full.Bounds().Min.Y; y < full.Bounds().Max.Y; y++ {
		for x := full.Bounds().Min.X; x < full.Bounds().Max.X; x++ {
			r, g, bl, _ := full.At(x, y).RGBA()
			out.SetRGBA(x, y, color.RGBA{round(r), round(g), round(bl), 255})
		}
	}
	return out
}
