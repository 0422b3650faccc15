package web

import "strconv"

// field is the part "field": a label, an input, a hint, and what is wrong with it.
// A form makes one, and further calls say more of it:
//
//	{{template "field" ((.Form.Text "name" "Name").Must.Hint "As patients know it")}}
type field struct {
	Name, Label string
	Kind        string // text, email, password, number, date, time, file, textarea, select, radio, check
	Value       string
	Problem     string
	Theirs      string // what somebody else stored meanwhile
	Help        string
	Needed      bool
	Max         int
	Lines       int
	Complete    string // autocomplete
	Options     []option
	Ticked      bool
	Focus       bool
	Example     string
	Mode        string // inputmode
}

// option is one of the choices of a field.
type option struct {
	Value, Text string
	Hint        string
	Chosen      bool
}

func (f *form) field(kind, name, label string) field {
	return field{Kind: kind, Name: name, Label: label, Value: f.values.Get(name), Problem: f.problems[name], Theirs: f.theirs[name], Max: maxLine}
}

// Text is a line of text.
func (f *form) Text(name, label string) field { return f.field("text", name, label) }

// Email is an address.
func (f *form) Email(name, label string) field { return f.field("email", name, label) }

// Password is never shown again.
func (f *form) Password(name, label string) field {
	p := f.field("password", name, label)
	p.Value = ""
	return p
}

// Area is text of several lines.
func (f *form) Area(name, label string) field {
	a := f.field("textarea", name, label)
	a.Lines, a.Max = 8, 0
	return a
}

// Input is an input of any other kind that HTML has: number, date, time, file, search.
func (f *form) Input(kind, name, label string) field { return f.field(kind, name, label) }

// Tick is a box.
func (f *form) Tick(name, label string) field {
	t := f.field("check", name, label)
	t.Ticked = f.Yes(name)
	return t
}

// Select is a list to choose from; Radio shows all of it at once.
func (f *form) Select(name, label string, options []option) field {
	return f.choices("select", name, label, options)
}

// Radio is Select for a few choices that need words of their own.
func (f *form) Radio(name, label string, options []option) field {
	return f.choices("radio", name, label, options)
}

func (f *form) choices(kind, name, label string, options []option) field {
	s := f.field(kind, name, label)
	for _, o := range options {
		o.Chosen = o.Value == s.Value
		s.Options = append(s.Options, o)
	}
	return s
}

// Must says that something must be filled in.
func (f field) Must() field { f.Needed = true; return f }

// Hint says what to fill in.
func (f field) Hint(text string) field { f.Help = text; return f }

// Fill names what a browser may fill in (autocomplete).
func (f field) Fill(what string) field { f.Complete = what; return f }

// First puts the cursor there when the page opens.
func (f field) First() field { f.Focus = true; return f }

// Most bounds the characters.
func (f field) Most(n int) field { f.Max = n; return f }

// Rows says how high an area is.
func (f field) Rows(n int) field { f.Lines = n; return f }

// Digits has a phone show its keys for numbers.
func (f field) Digits() field { f.Mode = "numeric"; return f }

// ID is the input's id in the page.
func (f field) ID() string { return "f-" + f.Name }

// Describes names what a screen reader reads with the field.
func (f field) Describes() string {
	ids := ""
	for suffix, there := range map[string]bool{"-hint": f.Help != "", "-problem": f.Problem != "", "-theirs": f.Theirs != ""} {
		if there {
			if ids != "" {
				ids += " "
			}
			ids += f.ID() + suffix
		}
	}
	return ids
}

// problem is a line of the part "problems", which stands above a form.
type problem struct{ ID, Text string }

// Problems lists what is wrong, in the order in which it was found.
func (f *form) Problems() []problem {
	var all []problem
	for _, name := range f.order {
		all = append(all, problem{"f-" + name, f.problems[name]})
	}
	return all
}

// General is what is wrong with the form as a whole.
func (f *form) General() string { return f.general }

// Conflict tells that somebody else changed it meanwhile.
func (f *form) Conflict() bool { return f.conflict }

// maxlength as HTML has it; "" for none.
func (f field) MaxLength() string {
	if f.Max == 0 {
		return ""
	}
	return strconv.Itoa(f.Max)
}
