package web

import (
	"strings"

	"studymail"
	"studymail/internal/intake"
)

func importBadge(s studymail.ImportState) badge {
	switch s {
	case studymail.ImportUploading:
		return badge{"info", "Uploading"}
	case studymail.ImportReceived:
		return badge{"warn", "Columns to be matched"}
	case studymail.ImportChecking:
		return badge{"info", "Being checked"}
	case studymail.ImportChecked:
		return badge{"warn", "Waits for your word"}
	case studymail.ImportWriting:
		return badge{"info", "Being imported"}
	case studymail.ImportDone:
		return badge{"good", "Imported"}
	case studymail.ImportFailed:
		return badge{"bad", "Stopped"}
	case studymail.ImportDiscarded:
		return badge{"quiet", "Discarded"}
	}
	return badge{}
}

// columnWords are the columns of an import as pages name them.
var columnWords = map[string]string{
	"username": "Username", "first_name": "First name", "last_name": "Last name", "email": "E-mail address", "ods_code": "ODS code of the care provider",
	"status": "Status", "cancelled": "Cancelled", "external_id": "External ID",
}

// columnWord names a column of a problem: one that an import knows, or a spreadsheet's
// letter; nothing for the row as a whole.
func columnWord(name string) string {
	if words := columnWords[name]; words != "" {
		return words
	}
	if name == "" {
		return ""
	}
	return "Column " + name
}

// reasonWords puts what a command's user is told to do into what can be done here.
var reasonWords = strings.NewReplacer(
	"add it first (`studymail provider add`), or import with --create-providers", "add it, or tick “Add care providers that are not known” below, and check again",
	"an import does not change that; use `studymail patient set`", "an import does not change that; the patient's page does",
)

// reasonRow is a kind of problem, with how often it is there.
type reasonRow struct {
	Reason string
	Column string
	Count  int
}

func reasonRows(kinds []intake.Kind) (rows []reasonRow) {
	for _, k := range kinds {
		rows = append(rows, reasonRow{sentenceWord(reasonWords.Replace(k.Reason)), columnWord(k.Column), k.Count})
	}
	return rows
}

// importFacts say what an import does, or did; what is 0 is left out, but for the rows.
func importFacts(n *intake.Numbers, done bool) []fact {
	then := func(will, did string) string {
		if done {
			return did
		}
		return will
	}
	all := []fact{{then("Rows without problems", "Rows imported"), commas(n.Rows)}}
	add := func(name string, n int) {
		if n > 0 {
			all = append(all, fact{name, commas(n)})
		}
	}
	add(then("Rows with problems", "Rows with problems, left out"), n.BadRows)
	add(then("People to be added", "People added"), n.PeopleAdded)
	add(then("Patients to be added to the study", "Patients added to the study"), n.PatientsAdded)
	add(then("People whose details would be brought up to date", "People whose details were brought up to date"), n.DetailsUpdated)
	add(then("External IDs to be added", "External IDs added"), n.ExternalIDsAdded)
	add(then("Rows that change nothing", "Rows that changed nothing"), n.Unchanged)
	add(then("“Not contactable” patients to be set back, for they have a new address", "“Not contactable” patients who were set back, for they have a new address"), n.Recontacted)
	add("“Not contactable” patients with a new address, left so", n.NewAddresses-n.Recontacted)
	if len(n.ProvidersCreated) > 0 {
		all = append(all, fact{then("Care providers to be added", "Care providers added"), strings.Join(n.ProvidersCreated, ", ")})
	}
	return all
}
