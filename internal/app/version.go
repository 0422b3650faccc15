package app

import (
	"runtime"
	"runtime/debug"
)

// version is written here by the linker (see the Makefile); empty otherwise.
var version string

// Version is which studymail this is.
type Version struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Modified bool   `json:"modified"` // built from files that were not committed
	Go       string `json:"go"`
}

// ReadVersion reads what the Go tool wrote into the binary.
func ReadVersion() Version {
	v := Version{Version: "dev", Go: runtime.Version()}
	if version != "" {
		v.Version = version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if version == "" && info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// String gives version and commit.
func (v Version) String() string {
	if v.Commit == "" {
		return v.Version
	}
	s := v.Version + " (" + v.Commit[:min(12, len(v.Commit))]
	if v.Modified {
		s += ", modified"
	}
	return s + ")"
}
