package smtptest

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Main is the server as a process of its own. It prints "listening on
// host:port", and when it is interrupted or terminated one JSON object:
// accepted, distinct, duplicates. With -obey it does what lines of its standard
// input say. The result is an exit code.
func Main(args []string) int { return run(args, os.Stdin, os.Stdout, os.Stderr) }

func run(args []string, in io.Reader, out, errs io.Writer) int {
	cfg := Config{CountOnly: true}
	f := flag.NewFlagSet("smtpsink", flag.ContinueOnError)
	f.SetOutput(errs)
	f.StringVar(&cfg.Addr, "addr", "127.0.0.1:0", "listen on `host:port`")
	f.StringVar(&cfg.BookFile, "book", "", "append UUID and time of each accepted mail to `file`, before it is answered")
	f.DurationVar(&cfg.Latency, "latency", 0, "wait so long before each answer")
	f.IntVar(&cfg.MaxPerConnection, "max-per-connection", 0, "421 after so many mails on a connection")
	f.IntVar(&cfg.MaxConnections, "max-connections", 0, "421 to more connections at a time")
	f.BoolVar(&cfg.Silent, "silent", false, "accept connections and never answer")
	f.BoolVar(&cfg.Forgetful, "forgetful", false, "lose what is pipelined behind a text")
	follow := f.Bool("obey", false, "do what lines of standard input say: rule R, clear, latency D, cut")
	bare := f.Bool("bare", false, "offer no extensions")
	chunking := f.Bool("chunking", false, "offer CHUNKING")
	f.Func("rule", "a `rule` as at=rcpt,match=defer*,first=1,code=451,text=4.7.1 later (keys: at match first every times after delay code text close book); may be given again", func(s string) error {
		r, err := ParseRule(s)
		cfg.Rules = append(cfg.Rules, r)
		return err
	})
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	switch {
	case *bare:
		cfg.Offers = []string{}
	case *chunking:
		cfg.Offers = append(Usual(), "CHUNKING")
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	s, err := New(cfg)
	if err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	fmt.Fprintln(out, "listening on", s.Addr())
	if *follow {
		go obey(s, cfg.Rules, in, out, errs)
	}
	<-stop
	s.Kill()
	if err := json.NewEncoder(out).Encode(map[string]int{
		"accepted": s.Book.Total(), "distinct": s.Book.Distinct(), "duplicates": len(s.Book.Duplicates()),
	}); err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	return 0
}

// obey does what lines say, and says "done" after each: "rule R" adds a rule to
// those that there are, "clear" takes all away, "latency D" changes how long the
// server waits, "cut" resets all connections.
func obey(s *Server, rules []Rule, in io.Reader, out, errs io.Writer) {
	for lines := bufio.NewScanner(in); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		var err error
		switch word {
		case "rule":
			var r Rule
			if r, err = ParseRule(rest); err == nil {
				rules = append(rules, r)
				s.SetRules(rules...)
			}
		case "clear":
			rules = nil
			s.SetRules()
		case "latency":
			var d time.Duration
			if d, err = time.ParseDuration(rest); err == nil {
				s.SetLatency(d)
			}
		case "cut":
			s.Cut()
		default:
			err = fmt.Errorf("nobody can %q", word)
		}
		if err != nil {
			fmt.Fprintln(errs, err)
			continue
		}
		fmt.Fprintln(out, "done")
	}
}

// ParseRule reads a rule in one line: key=value with commas between; text is
// the last key and may hold commas.
func ParseRule(s string) (Rule, error) {
	var r Rule
	for s != "" {
		key, rest, _ := strings.Cut(s, "=")
		if key == "text" {
			r.Text = rest
			break
		}
		part, after, _ := strings.Cut(s, ",")
		key, value, _ := strings.Cut(part, "=")
		s = after
		var err error
		switch key {
		case "at":
			r.At = value
		case "match":
			r.Match = value
		case "first":
			r.First, err = strconv.Atoi(value)
		case "every":
			r.Every, err = strconv.Atoi(value)
		case "times":
			r.Times, err = strconv.Atoi(value)
		case "after":
			r.After, err = strconv.Atoi(value)
		case "code":
			r.Code, err = strconv.Atoi(value)
		case "delay":
			r.Delay, err = time.ParseDuration(value)
		case "close":
			r.Close = true
		case "book":
			r.Book = true
		default:
			err = fmt.Errorf("a rule has no %q", key)
		}
		if err != nil {
			return r, fmt.Errorf("rule: %w", err)
		}
	}
	switch r.At {
	case AtConnect, AtEHLO, AtMail, AtRcpt, AtData, AtText, AtDot:
		return r, nil
	}
	return r, fmt.Errorf("rule: at=%q is none of connect ehlo mail rcpt data text dot", r.At)
}
