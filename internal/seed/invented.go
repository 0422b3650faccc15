package seed

import (
	"encoding/binary"
	"fmt"
	"strings"

	"studymail"
	"studymail/internal/sealed"
)

var (
	firstNames = []string{"Anna", "Ben", "Chidi", "Dora", "Emre", "Fatima", "George", "Hana", "Ivan", "Jane", "Kofi", "Lena", "Mohan", "Nora", "Owen", "Priya", "Quinn", "Rosa", "Sean", "Tara"}
	lastNames  = []string{"Abbott", "Brown", "Clarke", "Davies", "Evans", "Fisher", "Green", "Hughes", "Iqbal", "Jones", "Khan", "Lewis", "Morgan", "Nowak", "Owen", "Patel", "Quick", "Roberts", "Smith", "Taylor"}
	towns      = []string{"Ashford", "Barnes", "Camden", "Dulwich", "Ealing", "Finchley", "Greenwich", "Hackney", "Islington", "Kew"}
	practices  = []string{"Surgery", "Health Centre", "Medical Practice", "Family Practice"}
	topics     = []string{"Sleep", "Walking", "Blood pressure", "Diet", "Asthma", "Back pain", "Memory", "Hearing"}
	outcomes   = []string{"heart", "wellbeing", "recovery", "ageing", "work", "mood"}
)

// detailsOf are those of an invented person.
func detailsOf(tag, n int) studymail.Details {
	first, last := pick(n, firstNames), pick(n+11, lastNames)
	return studymail.Details{
		Username: sealed.NewName(fmt.Sprintf("seed%d.%07d", tag, n)), FirstName: sealed.NewName(first), LastName: sealed.NewName(last),
		Email: sealed.NewEmail(fmt.Sprintf("%s.%s.%d.%07d@example.org", strings.ToLower(first), strings.ToLower(last), tag, n)),
	}
}

// idOf is the UUID of the nth of a kind. They increase, as those of real rows do.
func idOf(tag, kind, n int) (id studymail.ID) {
	const begin = 1_767_225_600_000                                                      // 2026
	binary.BigEndian.PutUint64(id[:8], uint64(begin+n/100)<<16|7<<12|uint64(kind&0xfff)) //nolint:gosec // small numbers
	binary.BigEndian.PutUint64(id[8:], 8<<60|uint64(tag)<<36|uint64(n))                  //nolint:gosec // small numbers
	return id
}

// Of ten patients six are New; most have not left.
func statusOf(n int) studymail.Status {
	switch m := mixed(n+1) % 100; {
	case m < 62:
		return studymail.New
	case m < 84:
		return studymail.Engaged
	case m < 94:
		return studymail.Consented
	}
	return studymail.Complete
}

func cancelledOf(n int) studymail.Cancelled {
	switch m := mixed(n+2) % 100; {
	case m < 84:
		return studymail.NotCancelled
	case m < 88:
		return studymail.NotEligible
	case m < 90:
		return studymail.NotConsented
	case m < 96:
		return studymail.OptedOut
	}
	return studymail.NotContactable
}
