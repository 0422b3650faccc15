package store

import (
	"context"

	"studymail"
)

// ending is a message that ends without a hand-over.
type ending struct {
	key    int64
	state  studymail.State
	reason studymail.Reason
}

var endMessages = both{
	sqlite: `UPDATE messages SET state = j.value->>1, reason = j.value->>2, claim_token = 0, updated_at = $1
		FROM json_each($2) j WHERE messages.id = j.value->>0 AND messages.state = 10 AND ` + held + ` = $3`,
	postgres: `UPDATE messages SET state = (j->>1)::int, reason = j->>2, claim_token = 0, updated_at = $1
		FROM json_array_elements($2::json) j WHERE messages.id = (j->>0)::bigint AND messages.state = 10 AND ` + held + ` = $3`,
}

// held tells a queued message that somebody has claimed from one that nobody has.
const held = `CASE WHEN messages.claim_token = 0 THEN 0 ELSE 1 END`

// isHeld is what held must be of messages in a state.
func isHeld(s studymail.State) int { return flag(s == studymail.Claimed) }

// end ends messages that are Queued or Claimed.
func (t *Tx) end(ctx context.Context, what string, from studymail.State, all []ending) error {
	if len(all) == 0 {
		return nil
	}
	rows := make([][3]any, len(all))
	for i, e := range all {
		rows[i] = [3]any{e.key, int(e.state), e.reason}
		t.behind.note(e.key)
	}
	list, err := rowsJSON(rows)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, what, t.pick(endMessages), ms(t.now), list, isHeld(from))
	return err
}

// Unclaim gives back claimed messages that stand in no window.
func (t *Tx) Unclaim(ctx context.Context, claimed []Claimed) error {
	byToken := map[int64][]int64{}
	for i := range claimed {
		byToken[claimed[i].Token] = append(byToken[claimed[i].Token], claimed[i].Key)
	}
	for token, keys := range byToken {
		if err := t.unclaimKeys(ctx, token, keys); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) unclaimKeys(ctx context.Context, token int64, keys []int64) error {
	if len(keys) == 0 {
		return nil
	}
	_, err := t.exec(ctx, "give back claimed messages", t.pick(unclaimThose), token, token+1, keysJSON(keys))
	return err
}

// UnclaimToken gives back whatever a claim holds of which its maker does not
// know whether it came through: nothing of it can stand in a window.
func (t *Tx) UnclaimToken(ctx context.Context, token int64) error {
	_, err := t.unclaimAll(ctx, "give back a claim", token, token+1)
	return err
}
