package web

type homePage struct{ Places []place }

func (s *site) home(v *visit) error {
	return v.page("home", "Home", homePage{s.placesFor(&v.user)[1:]})
}
