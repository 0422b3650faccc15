package store

import (
	"context"

	"studymail"
)

var addTransportIDs = both{
	sqlite: `INSERT INTO transport_ids (transport_id, message_id) SELECT j.value->>0, j.value->>1 FROM json_each($1) j WHERE true
		ON CONFLICT (transport_id) DO NOTHING`,
	postgres: `INSERT INTO transport_ids (transport_id, message_id) SELECT j->>0, (j->>1)::bigint FROM json_array_elements($1::json) j
		ON CONFLICT (transport_id) DO NOTHING`,
}

// noteTransportIDs keeps what the transport calls the messages that it took, where it
// has a name of its own for them: what it tells of them later may have nothing else.
func (t *Tx) noteTransportIDs(ctx context.Context, all []Recorded) error {
	var rows [][2]any
	for i := range all {
		if all[i].Outcome.ID != "" {
			rows = append(rows, [2]any{all[i].Outcome.ID, all[i].Key})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	list, err := rowsJSON(rows)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "note what the transport calls messages", t.pick(addTransportIDs), list)
	return err
}

// MessageByTransportID gives the message that the transport calls so; zero for none.
func (t *Tx) MessageByTransportID(ctx context.Context, id string) (message studymail.ID, err error) {
	_, err = t.one(ctx, "find a message by the transport's own name of it",
		`SELECT m.uuid FROM transport_ids ti JOIN messages m ON m.id = ti.message_id WHERE ti.transport_id = $1`, []any{id}, &message)
	return message, err
}
