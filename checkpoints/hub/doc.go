// Package hub finds the folder of a model that is named as on the Hugging Face Hub
// ("Qwen/Qwen2.5-0.5B-Instruct"): in the cache that all Hugging Face tools share,
// or by downloading it there.
//
// # Names
//
// owner/name, owner/name@revision and, for one GGUF file, owner/name/file.gguf or
// owner/name/file.gguf@revision. The revision is a branch, a tag or a commit; main
// if none is given.
//
// # Cache
//
// The layout is that of the Python package huggingface_hub, which finds what this
// package wrote and the other way round:
//
//	models--owner--name/
//	  blobs/ETAG                 content, named by its SHA-256 (large files) or git SHA-1
//	  blobs/ETAG.incomplete      what an interrupted download got so far
//	  refs/REVISION              commit of a branch or tag
//	  snapshots/COMMIT/FILE      relative symlink to a blob
//	  .no_exist/COMMIT/FILE      empty: the commit has no such file
//	.locks/models--owner--name/ETAG.lock
//
// A model that is whole in the cache is used without asking the network, so a branch
// stays at the commit that was downloaded first; name another revision, or remove
// the file of refs, to get another. A revision is entered in refs when its files are
// all there.
//
// # Trust
//
// Every file is verified against the size and hash that the hub gives for it before
// it gets its name. What a server sends is otherwise not believed: only files of
// known names are asked for, sizes reserve no memory or disk, and the token goes to
// the hub alone.
//
// # Environment
//
// HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME (where the cache is),
// HF_ENDPOINT, HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE, HF_TOKEN, HUGGING_FACE_HUB_TOKEN,
// HF_TOKEN_PATH and HF_HUB_DISABLE_IMPLICIT_TOKEN mean what they mean to huggingface_hub.
//
// # Why not a library
//
// The package hub of github.com/gomlx/go-huggingface (v0.4.1) asks the network even
// for what is cached, has no offline mode, neither resumes nor verifies a download,
// and refuses redirects to another host, where the hub keeps all large files.
package hub
