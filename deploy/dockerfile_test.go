package deploy

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// instruction is one instruction of a Dockerfile: FROM, COPY, …
type instruction struct {
	line int
	word string // upper case
	rest string // continuation lines joined
}

// parseDockerfile reads a Dockerfile: comments, continued lines, heredocs left
// out (a Dockerfile here has none, and one is refused).
func parseDockerfile(content string) ([]instruction, error) {
	known := map[string]bool{}
	for w := range strings.FieldsSeq("ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN SHELL STOPSIGNAL USER VOLUME WORKDIR") {
		known[w] = true
	}
	var all []instruction
	var open *instruction
	for i, line := range strings.Split(content, "\n") {
		text := strings.TrimSpace(line)
		if strings.HasPrefix(text, "#") || text == "" {
			continue
		}
		more := strings.HasSuffix(text, `\`)
		text = strings.TrimSpace(strings.TrimSuffix(text, `\`))
		if open == nil {
			word, rest, _ := strings.Cut(text, " ")
			word = strings.ToUpper(word)
			if !known[word] {
				return nil, fmt.Errorf("line %d: unknown instruction %q", i+1, word)
			}
			open = &instruction{line: i + 1, word: word, rest: strings.TrimSpace(rest)}
		} else {
			open.rest += " " + text
		}
		if strings.Contains(text, "<<") {
			return nil, fmt.Errorf("line %d: heredocs are not read here", i+1)
		}
		if !more {
			all = append(all, *open)
			open = nil
		}
	}
	if open != nil {
		return nil, fmt.Errorf("line %d: the instruction does not end", open.line)
	}
	return all, nil
}

// checkDockerfile gives the broken rules of an image that runs in production.
func checkDockerfile(all []instruction) []string {
	var broken []string
	say := func(i instruction, format string, args ...any) {
		broken = append(broken, fmt.Sprintf("line %d: %s: ", i.line, i.word)+fmt.Sprintf(format, args...))
	}
	stages := map[string]bool{}
	last := map[string]instruction{} // of the final stage
	for _, i := range all {
		words := strings.Fields(i.rest)
		switch i.word {
		case "FROM":
			last = map[string]instruction{}
			image := words[0]
			if image != "scratch" && !stages[image] {
				_, tag, tagged := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
				if !tagged || tag == "latest" {
					say(i, "%s has no fixed tag", image)
				}
			}
			if len(words) == 3 {
				stages[words[2]] = true
			}
		case "ADD":
			say(i, "COPY says what it does; ADD unpacks and downloads")
		case "ENV", "ARG":
			for _, secret := range []string{"PASSWORD", "SECRET", "KEYSET", "TOKEN", "DATABASE_URL"} {
				if strings.Contains(strings.ToUpper(i.rest), secret) {
					say(i, "%s stays in the image for everybody to read", secret)
				}
			}
		case "COPY":
			if strings.Contains(i.rest, ".env") {
				say(i, "a .env does not belong into an image")
			}
		case "RUN":
			if strings.Contains(i.rest, "sudo ") {
				say(i, "no sudo")
			}
			if strings.Contains(i.rest, "apt-get install") && !strings.Contains(i.rest, "--no-install-recommends") {
				say(i, "apt-get install without --no-install-recommends")
			}
		case "CMD", "ENTRYPOINT":
			if json.Unmarshal([]byte(i.rest), &[]string{}) != nil {
				say(i, "without the JSON form a shell stands between us and signals")
			}
		case "WORKDIR":
			if !strings.HasPrefix(i.rest, "/") {
				say(i, "not absolute")
			}
		}
		last[i.word] = i
	}
	for _, needed := range []string{"FROM", "USER", "HEALTHCHECK", "ENTRYPOINT", "WORKDIR", "VOLUME"} {
		if _, there := last[needed]; !there {
			broken = append(broken, "the final stage has no "+needed)
		}
	}
	user, _, _ := strings.Cut(last["USER"].rest, ":")
	if user == "" || user == "0" || user == "root" {
		broken = append(broken, "the final stage runs as root")
	}
	if strings.Trim(user, "0123456789") != "" {
		broken = append(broken, "USER is a name: a number works where there is no /etc/passwd, and can be checked")
	}
	if _, command, _ := strings.Cut(last["HEALTHCHECK"].rest, "CMD"); json.Unmarshal([]byte(command), &[]string{}) != nil {
		broken = append(broken, "HEALTHCHECK is not in the JSON form, and there is no shell")
	}
	return broken
}

func TestDockerfileKeepsItsRules(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	all, err := parseDockerfile(string(content))
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range checkDockerfile(all) {
		t.Error(broken)
	}
	if !strings.Contains(string(content), "CGO_ENABLED=0") {
		t.Error("the binary is not static")
	}
}

func TestEachDockerfileRuleCanFail(t *testing.T) {
	t.Parallel()
	const good = `FROM golang:1.26 AS build
RUN CGO_ENABLED=0 go build \
    # a comment inside
    -o /out/a
FROM scratch
COPY --from=build /out /
USER 65532:65532
WORKDIR /var/lib/a
VOLUME ["/var/lib/a"]
HEALTHCHECK --interval=5s CMD ["/a", "health"]
ENTRYPOINT ["/a"]
`
	tests := []struct {
		name, old, new, want string
	}{
		{"good", "", "", ""},
		{"no tag", "golang:1.26", "golang", "no fixed tag"},
		{"latest", "golang:1.26", "registry:5000/golang:latest", "no fixed tag"},
		{"root", "USER 65532:65532", "USER root", "runs as root"},
		{"no user", "USER 65532:65532\n", "", "no USER"},
		{"user of the wrong stage", "FROM scratch", "USER 1\nFROM scratch", ""},
		{"named user", "65532:65532", "studymail", "USER is a name"},
		{"no health check", "HEALTHCHECK --interval=5s CMD [\"/a\", \"health\"]\n", "", "no HEALTHCHECK"},
		{"health check by a shell", `["/a", "health"]`, "curl localhost", "not in the JSON form"},
		{"shell form", `ENTRYPOINT ["/a"]`, "ENTRYPOINT /a", "a shell stands between"},
		{"secret", "WORKDIR", "ENV EMAIL_PASSWORD=x\nWORKDIR", "stays in the image"},
		{"dotenv", "USER", "COPY .env /\nUSER", ".env does not belong"},
		{"add", "USER", "ADD https://example.org/a /\nUSER", "COPY says"},
		{"apt", "FROM scratch", "RUN apt-get install curl\nFROM scratch", "--no-install-recommends"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			all, err := parseDockerfile(strings.Replace(good, tt.old, tt.new, 1))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(checkDockerfile(all), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	for _, broken := range []string{"FORM scratch\n", "FROM scratch \\\n", "FROM a:1\nRUN cat <<E\nE\n"} {
		if _, err := parseDockerfile(broken); err == nil {
			t.Errorf("%q is read without an error", broken)
		}
	}
}
