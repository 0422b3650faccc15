package deploy

import (
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// service is what we look at in a service of compose.yaml.
type service struct {
	Image       string         `yaml:"image"`
	Build       map[string]any `yaml:"build"`
	Command     []string       `yaml:"command"`
	Environment map[string]any `yaml:"environment"`
	User        string         `yaml:"user"`
	Privileged  bool           `yaml:"privileged"`
	ReadOnly    bool           `yaml:"read_only"`
	CapDrop     []string       `yaml:"cap_drop"`
	SecurityOpt []string       `yaml:"security_opt"`
	NetworkMode string         `yaml:"network_mode"`
	Ports       []string       `yaml:"ports"`
	Volumes     []string       `yaml:"volumes"`
	Restart     string         `yaml:"restart"`
	DependsOn   map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Healthcheck struct {
		Test    []string `yaml:"test"`
		Disable bool     `yaml:"disable"`
	} `yaml:"healthcheck"`
	StopGracePeriod string `yaml:"stop_grace_period"`
}

type compose struct {
	Services map[string]service `yaml:"services"`
	Volumes  map[string]any     `yaml:"volumes"`
}

func readCompose(t *testing.T) compose {
	t.Helper()
	content, err := os.ReadFile("../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c compose
	if err := yaml.Unmarshal(content, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestComposeHasTheServices(t *testing.T) {
	t.Parallel()
	c := readCompose(t)
	for name, command := range map[string]string{"app": "serve", "worker": "worker", "migrate": "migrate", "init": "init"} {
		s, there := c.Services[name]
		if !there {
			t.Errorf("no service %s", name)
			continue
		}
		if len(s.Command) == 0 || s.Command[0] != command {
			t.Errorf("%s runs %q, want %q", name, s.Command, command)
		}
		if s.Build["dockerfile"] != "deploy/Dockerfile" {
			t.Errorf("%s is not built from deploy/Dockerfile", name)
		}
		if url, _ := s.Environment["DATABASE_URL"].(string); !strings.HasPrefix(url, "postgres:") {
			t.Errorf("%s does not use PostgreSQL", name)
		}
	}
	if image := c.Services["db"].Image; !strings.Contains(image, "postgres:") || strings.HasSuffix(image, ":latest") {
		t.Errorf("db is %q, want a PostgreSQL with a fixed tag", image)
	}
}

func TestComposeServicesAreConfined(t *testing.T) {
	t.Parallel()
	c := readCompose(t)
	for name, s := range c.Services {
		if s.Privileged || s.User == "root" || s.User == "0" {
			t.Errorf("%s is privileged or root", name)
		}
		if !s.ReadOnly {
			t.Errorf("%s: its root file system can be written", name)
		}
		if !slices.Contains(s.CapDrop, "ALL") {
			t.Errorf("%s keeps capabilities", name)
		}
		if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s may gain privileges", name)
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s: port %s is open to the network", name, p)
			}
		}
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if _, named := c.Volumes[source]; !named {
				t.Errorf("%s: %s is not one of the named volumes", name, v)
			}
		}
		for key, value := range s.Environment {
			if text, _ := value.(string); text != "" && secret(key) {
				t.Errorf("%s: %s stands in compose.yaml", name, key)
			}
		}
	}
	if len(c.Services["db"].Ports) > 0 || c.Services["db"].NetworkMode != "none" {
		t.Error("the database trusts its socket, so it must have no network")
	}
}

func secret(name string) bool {
	for _, word := range []string{"PASSWORD", "SECRET", "KEYSET"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

func TestComposeStartsInOrder(t *testing.T) {
	t.Parallel()
	c := readCompose(t)
	for name, want := range map[string][2]string{
		"init":    {"db", "service_healthy"},
		"migrate": {"init", "service_completed_successfully"},
		"app":     {"migrate", "service_completed_successfully"},
		"worker":  {"migrate", "service_completed_successfully"},
	} {
		if got := c.Services[name].DependsOn[want[0]].Condition; got != want[1] {
			t.Errorf("%s waits for %s until %q, want %q", name, want[0], got, want[1])
		}
	}
	// pg_isready alone is green during the first start, too, while the image makes
	// the database with a server that it then ends.
	if test := strings.Join(c.Services["db"].Healthcheck.Test, " "); !strings.Contains(test, "pg_isready") || !strings.Contains(test, "/proc/1/comm") {
		t.Errorf("db's health check is %q: it must ask pg_isready, of process 1", test)
	}
	if c.Services["app"].Healthcheck.Disable {
		t.Error("app's health check is off")
	}
	for _, name := range []string{"init", "migrate"} {
		if c.Services[name].Restart != "no" {
			t.Errorf("%s restarts: %q", name, c.Services[name].Restart)
		}
	}
	for _, name := range []string{"app", "worker"} {
		if c.Services[name].StopGracePeriod == "" {
			t.Errorf("%s: 10 seconds are too few to end in order", name)
		}
	}
}

func TestNothingSecretGetsIntoTheBuild(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(content), "\n")
	for _, want := range []string{".git", ".env", ".env.*", "data", "state", "logs", "mail"} {
		if !slices.Contains(lines, want) {
			t.Errorf(".dockerignore does not leave out %s", want)
		}
	}
}
