package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// environment is what the variables of huggingface_hub say; its constants.py and
// utils/_auth.py are the source.
type environment struct {
	cache     string // holds a folder for each repository
	endpoint  string // URL of the hub, without a slash at its end
	offline   string // the variable that forbids the network, empty if none does
	tokenFile string // where "hf auth login" keeps the token
}

func readEnvironment() (environment, error) {
	user, err := os.UserHomeDir()
	if err != nil && firstSet("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME") == "" {
		return environment{}, fmt.Errorf("set HF_HOME to the folder of the cache: %w", err)
	}
	folder := func(variable, otherwise string) string {
		s := os.ExpandEnv(os.Getenv(variable))
		if s == "" {
			return otherwise
		}
		if rest, ok := strings.CutPrefix(s, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
			return filepath.Join(user, rest)
		}
		return s
	}
	home := folder("HF_HOME", filepath.Join(folder("XDG_CACHE_HOME", filepath.Join(user, ".cache")), "huggingface"))
	env := environment{
		endpoint:  "https://huggingface.co",
		offline:   firstSet("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"),
		tokenFile: folder("HF_TOKEN_PATH", filepath.Join(home, "token")),
	}
	if !isTrue(env.offline) {
		env.offline = ""
	}
	if env.cache, err = filepath.Abs(folder("HF_HUB_CACHE", folder("HUGGINGFACE_HUB_CACHE", filepath.Join(home, "hub")))); err != nil {
		return environment{}, err
	}
	if s := os.Getenv("HF_ENDPOINT"); s != "" {
		env.endpoint = strings.TrimRight(s, "/")
		if u, err := url.Parse(env.endpoint); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return environment{}, fmt.Errorf("HF_ENDPOINT is %q, want a URL such as https://huggingface.co", s)
		}
	}
	return env, nil
}

// firstSet is the first of the variables that is not empty, or empty.
func firstSet(variables ...string) string {
	for _, v := range variables {
		if os.Getenv(v) != "" {
			return v
		}
	}
	return ""
}

// isTrue reports whether a variable is set to what huggingface_hub takes for true.
func isTrue(variable string) bool {
	return variable != "" && slices.Contains([]string{"1", "ON", "YES", "TRUE"}, strings.ToUpper(os.Getenv(variable)))
}

// token is what to log in with and where it is from; empty if there is none.
func (env environment) token() (token, from string, err error) {
	if isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
		return "", "", nil
	}
	if from = firstSet("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"); from != "" {
		if token = cleanToken(os.Getenv(from)); token != "" {
			return token, from, nil
		}
	}
	text, err := os.ReadFile(env.tokenFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", fmt.Errorf("reading the token: %w", err)
	}
	return cleanToken(string(text)), env.tokenFile, nil
}

// cleanToken drops the line ends and spaces that copying adds.
func cleanToken(s string) string {
	return strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(s))
}
