package web

import (
	"strconv"

	"studymail"
	"studymail/internal/store"
)

// How staff know what they enter. Events hold the code: free text could hold a name.
var sources = []option{
	{Value: "telephone", Text: "The patient said so on the telephone"},
	{Value: "writing", Text: "The patient wrote so (letter or e-mail)"},
	{Value: "person", Text: "The patient said so in person"},
	{Value: "practice", Text: "The practice told us"},
	{Value: "records", Text: "It stands in the records"},
	{Value: "other", Text: "Otherwise"},
}

// Why a cancellation is undone.
var restoreReasons = []option{
	{Value: "mistake", Text: "It was set by mistake"},
	{Value: "asked", Text: "The patient asked to be contacted again"},
	{Value: "address", Text: "The practice gave a new address"},
	{Value: "other", Text: "Something else"},
}

// chosen has a form's field be one of the options.
func chosen(f *form, name string, options []option) {
	values := make([]string, len(options))
	for i, o := range options {
		values[i] = o.Value
	}
	f.Choice(name, values...)
}

// move words a change for its event: "New → New, Opted out; telephone".
func move(p *studymail.Patient, status studymail.Status, cancelled studymail.Cancelled, why string) *store.PatientChange {
	detail := standing(p.Status, p.Cancelled) + " → " + standing(status, cancelled)
	if why != "" {
		detail += "; " + why
	}
	return &store.PatientChange{Patient: p, ToStatus: status, ToCancelled: cancelled, Detail: detail}
}

var setStatus = &patientAction{
	path: "/patients/status", title: "Set the status", event: "patient set", many: "patients set",
	check:  func(f *form) { chosen(f, "to", statusOptions()) },
	fields: func(f *form) []field { return []field{f.Radio("to", "Status", statusOptions())} },
	plan: func(f *form, p *studymail.Patient) (*store.PatientChange, string) {
		to := statusChosen(f.Get("to"))
		if p.Status == to {
			return nil, "stands so already"
		}
		return move(p, to, p.Cancelled, ""), ""
	},
	button: func(f *form, n int) string {
		return "Set " + countOf(int64(n), "patient") + " to " + statusChosen(f.Get("to")).String()
	},
	note: func(f *form) string {
		if statusChosen(f.Get("to")) == studymail.New {
			return "Patients who are New and not cancelled are in study: campaigns mail them."
		}
		return "Only patients who are New are mailed. Letters to these that wait will be skipped."
	},
}

func statusChosen(text string) studymail.Status {
	n, _ := strconv.Atoi(text) // it was chosen from the list
	return studymail.Status(n)
}

func cancelledChosen(text string) studymail.Cancelled {
	n, _ := strconv.Atoi(text) // it was chosen from the list
	return studymail.Cancelled(n)
}

var cancelPatients = &patientAction{
	path: "/patients/cancel", title: "Cancel patients", event: "patient cancelled", many: "patients cancelled",
	check: func(f *form) {
		chosen(f, "to", cancelledOptions())
		chosen(f, "source", sources)
	},
	fields: func(f *form) []field {
		return []field{f.Radio("to", "Why they leave the study", cancelledOptions()), f.Radio("source", "How you know", sources)}
	},
	plan: func(f *form, p *studymail.Patient) (*store.PatientChange, string) {
		return cancelPlan(p, cancelledChosen(f.Get("to")), f.Get("source"))
	},
	button: func(f *form, n int) string {
		return "Cancel " + countOf(int64(n), "patient") + " as “" + cancelledChosen(f.Get("to")).String() + "”"
	},
	note: func(*form) string {
		return "No mail goes to them in this study any more, and letters that wait will be skipped. Their data stay."
	},
}

// cancelPlan says what cancelling does to a patient. An opt-out is the patient's own
// word: it takes the place of other reasons, and no other takes its.
func cancelPlan(p *studymail.Patient, to studymail.Cancelled, source string) (*store.PatientChange, string) {
	switch {
	case p.Cancelled == to:
		return nil, "cancelled so already"
	case p.Cancelled == studymail.OptedOut:
		return nil, "opted out: that stays"
	case p.Cancelled != studymail.NotCancelled && to != studymail.OptedOut:
		return nil, "cancelled already: the reason stays"
	}
	return move(p, p.Status, to, source), ""
}

var restorePatients = &patientAction{
	path: "/patients/restore", title: "Undo a cancellation", event: "cancellation undone", many: "cancellations undone",
	check:  func(f *form) { chosen(f, "why", restoreReasons) },
	fields: func(f *form) []field { return []field{f.Radio("why", "Why it is undone", restoreReasons)} },
	plan: func(f *form, p *studymail.Patient) (*store.PatientChange, string) {
		switch p.Cancelled {
		case studymail.NotCancelled:
			return nil, "is not cancelled"
		case studymail.OptedOut:
			return nil, "opted out: undo that on the patient's own page"
		case studymail.NotEligible, studymail.NotConsented, studymail.NotContactable:
		}
		return move(p, p.Status, studymail.NotCancelled, f.Get("why")), ""
	},
	button: func(_ *form, n int) string { return "Undo the cancellation of " + countOf(int64(n), "patient") },
	note: func(*form) string {
		return "Those who are New are in study again: campaigns mail them. Letters that were skipped meanwhile are not sent by this. An address that is suppressed since mail to it came back stays so, and gets no letter: undo that on the patient's own page, or lift it at Suppression."
	},
}
