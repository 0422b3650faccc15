package sealed_test

import (
	"bytes"
	"testing"

	"studymail/internal/sealed"
)

// One rotation of each kind, step by step: what the old key made is read at each step,
// and what the new one makes by everybody who has it, used or not.
//
// Seen to fail: with AddKey promoting at once, who had the second state only could not
// read what the third made.
func TestARotationGoesInTwoStepsAndReadsBothSides(t *testing.T) {
	t.Parallel()
	first := freshTriple(t)
	for _, kind := range sealed.Kinds() {
		at := map[sealed.Kind]func(*triple) *sealed.Secret{
			sealed.MasterKeys: func(k *triple) *sealed.Secret { return &k.master }, sealed.LookupKeys: func(k *triple) *sealed.Secret { return &k.hash },
			sealed.SigningKeys: func(k *triple) *sealed.Secret { return &k.signing },
		}[kind]
		added := first
		s, id, err := sealed.AddKey(kind, *at(&first))
		if err != nil {
			t.Fatal(err)
		}
		*at(&added) = s
		promoted := added
		if *at(&promoted), err = sealed.PromoteKey(kind, s, id); err != nil {
			t.Fatal(err)
		}
		one, two, three := first.parse(t), added.parse(t), promoted.parse(t)
		if one.Primary(kind) != two.Primary(kind) || three.Primary(kind) != id || len(two.List(kind)) != 2 {
			t.Errorf("%s: %v, %v, %v", kind, one.List(kind), two.List(kind), three.List(kind))
		}
		proof, err := one.Proof()
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := three.Proof()
		if err != nil {
			t.Fatal(err)
		}
		if two.CheckProof(fresh) != nil || three.CheckProof(proof) != nil || one.CheckProof(fresh) == nil {
			t.Errorf("%s: proofs: %v, %v, %v", kind, two.CheckProof(fresh), three.CheckProof(proof), one.CheckProof(fresh))
		}
		if _, err := sealed.RetireKey(kind, *at(&promoted), id); err == nil {
			t.Errorf("%s: the key that is used was retired", kind)
		}
		retired := promoted
		if *at(&retired), err = sealed.RetireKey(kind, *at(&promoted), one.Primary(kind)); err != nil {
			t.Fatal(err)
		}
		four := retired.parse(t)
		if four.CheckProof(fresh) != nil || four.CheckProof(proof) == nil {
			t.Errorf("%s: after retiring, the new proof: %v, and the old one fits", kind, four.CheckProof(fresh))
		}
	}
}

// Running processes take new keys over: what was handed out before goes on with them.
func TestKeysThatAreTakenOverServeWhatWasHandedOut(t *testing.T) {
	t.Parallel()
	first := freshTriple(t)
	keys := first.parse(t)
	sealer, opener := keys.Sealer(), keys.Opener()
	old, err := sealer.Token(sealed.UnsubscribeToken, anna)
	if err != nil {
		t.Fatal(err)
	}
	_, wrapped, err := sealer.NewKey(anna)
	if err != nil {
		t.Fatal(err)
	}
	hash := sealer.Hash(sealed.EmailHash, "a")
	keys.Take(first.rotate(t).parse(t))
	if id, err := sealer.ReadToken(sealed.UnsubscribeToken, old); err != nil || id != anna {
		t.Errorf("an old token: %v", err)
	}
	if _, err := opener.Key(anna, wrapped); err != nil {
		t.Error(err)
	}
	if all := sealer.Hashes(sealed.EmailHash, "a"); len(all) != 2 || !bytes.Equal(all[1], hash) {
		t.Errorf("%d hashes", len(all))
	}
	fresh, err := opener.Rewrap(anna, wrapped)
	if err != nil || sealed.MasterKeyOf(fresh) != keys.Primary(sealed.MasterKeys) || sealed.MasterKeyOf(wrapped) == sealed.MasterKeyOf(fresh) {
		t.Errorf("rewrapped under %d, %v", sealed.MasterKeyOf(fresh), err)
	}
	if _, err := opener.Key(anna, fresh); err != nil {
		t.Error(err)
	}
	if _, err := opener.Key(ben, fresh); err == nil {
		t.Error("a data key opens for somebody else")
	}
}
