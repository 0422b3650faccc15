// Package audience decides who gets a campaign's step and who is left out, and
// why: it makes campaigns, moves them between their states, and runs the
// planning pass, which writes a message for each chosen patient.
//
// Its promises: the plan of a run is whole before any of its mail may leave;
// a plan whose process died is taken up where it stood; planned + left out is
// what was selected, in every chunk.
//
// It imports store and compose. It opens no sealed value: who lacks what a
// letter needs stands in a column. It must not know River or any transport.
package audience
