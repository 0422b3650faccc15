package archtest

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The documentation is held to the repository: links lead somewhere, files and
// commands that are named exist. Go's own comments are left to reviewers.

var (
	fence     = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	span      = regexp.MustCompile("`([^`\n]+)`")
	link      = regexp.MustCompile(`\[[^\]\n]*\]\(([^)\s]+)\)`)
	heading   = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	scheme    = regexp.MustCompile(`^[a-z]+:`)
	ourFile   = regexp.MustCompile(`^(bench|cmd|deploy|docs|internal|scripts|tools)/[A-Za-z0-9_./*-]*$`)
	command   = regexp.MustCompile(`(?m)(?:^|[ (/])studymail ((?:studymail )?[a-z][^|;&#\n]*)`)
	firstCell = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")
)

// Read gives a file's content, or nothing for a folder, by its path in the
// repository; found is false when there is no such thing. It takes patterns with *.
type Read func(name string) (content string, found bool)

// CheckLinks gives the links of a Markdown file that lead nowhere: files that
// are not there, headings that no page has. Addresses elsewhere are not tried.
func CheckLinks(file, content string, read Read) []string {
	var broken []string
	for _, m := range link.FindAllStringSubmatch(withoutCode(content), -1) {
		if scheme.MatchString(m[1]) {
			continue
		}
		name, anchor, anchored := strings.Cut(m[1], "#")
		target := file
		if name != "" {
			target = path.Join(path.Dir(file), name)
		}
		page, found := content, true
		if target != file {
			page, found = read(target)
		}
		switch {
		case !found:
			broken = append(broken, fmt.Sprintf("%s: the link to %s leads nowhere", file, m[1]))
		case anchored && !slices.Contains(anchors(page), anchor):
			broken = append(broken, fmt.Sprintf("%s: the link to %s: no such heading", file, m[1]))
		}
	}
	return broken
}

// withoutCode leaves out what is not read as Markdown.
func withoutCode(content string) string {
	return span.ReplaceAllString(fence.ReplaceAllString(content, ""), "")
}

// anchors gives the names of a page's headings, as GitHub makes them.
func anchors(page string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', r >= '0' && r <= '9', r >= 'a' && r <= 'z', r > '~':
				return r
			}
			return -1
		}, strings.ToLower(strings.TrimSpace(m[1])))
		all = append(all, name)
	}
	return all
}

// CheckNamedFiles gives the files of ours that a page names in code and that
// are not there.
func CheckNamedFiles(file, content string, read Read) []string {
	var broken []string
	for _, m := range span.FindAllStringSubmatch(fence.ReplaceAllString(content, ""), -1) {
		if !ourFile.MatchString(m[1]) {
			continue
		}
		if _, found := read(strings.TrimSuffix(m[1], "/")); !found {
			broken = append(broken, fmt.Sprintf("%s names %s, which is not there", file, m[1]))
		}
	}
	return broken
}

// Command is a command line of ours that a page shows.
type Command struct {
	Text  string
	Path  []string // of the command: campaign, create
	Flags []string // --study
}

// Commands finds the command lines in a page's code.
func Commands(content string) []Command {
	var code []string
	for _, m := range fence.FindAllStringSubmatch(content, -1) {
		if m[1] == "sh" {
			code = append(code, strings.ReplaceAll(m[2], "\\\n", " "))
		}
	}
	for _, m := range span.FindAllStringSubmatch(fence.ReplaceAllString(content, ""), -1) {
		code = append(code, m[1])
	}
	var all []Command
	for _, c := range code {
		for _, m := range command.FindAllStringSubmatch(c, -1) {
			text := strings.TrimSpace(strings.TrimPrefix(m[1], "studymail ")) // a container's name, and the program's
			cmd, args := Command{Text: text}, false
			for word := range strings.FieldsSeq(text) {
				switch {
				case strings.HasPrefix(word, "--"):
					flag, _, _ := strings.Cut(word, "=")
					cmd.Flags, args = append(cmd.Flags, flag), true
				case !args && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "":
					cmd.Path = append(cmd.Path, word)
				default:
					args = true
				}
			}
			all = append(all, cmd)
		}
	}
	return all
}

// FirstCells gives what stands in code in the first cells of a page's tables.
func FirstCells(content string) []string {
	var all []string
	for _, m := range firstCell.FindAllStringSubmatch(content, -1) {
		all = append(all, m[1])
	}
	return all
}
