package attack

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A Place is where in a request something is said about the caller.
type Place string

// The places of a request.
const (
	InHeader Place = "header"
	InCookie Place = "cookie"
	InQuery  Place = "query"
	InForm   Place = "form"
	InJSON   Place = "JSON"
	AsPeer   Place = "peer"
	AsHost   Place = "Host"

	// AsCertificate is a TLS client certificate of the caller's own making: nobody has verified it.
	AsCertificate Place = "certificate"
)

// A Claim is something that a caller says about itself where the API has not
// asked for it: who it is, what it may do, which method it means.
type Claim struct {
	Place Place
	Name  string // of the header, cookie, parameter or field; none for a peer, a Host and a certificate
	Value string
}

// String is the claim in a sentence: `"role=admin" in the query`.
func (c Claim) String() string {
	value := c.Value
	if len(value) > 30 { // a token
		value = cut(value, 12)
	}
	switch c.Place {
	case InHeader:
		return fmt.Sprintf("the header %s: %s", c.Name, value)
	case AsPeer:
		return "the peer address " + value
	case AsHost:
		return "the header Host: " + value
	case AsCertificate:
		return "a client certificate of her own for " + value
	}
	return fmt.Sprintf("%s=%s in the %s", c.Name, value, c.Place)
}

// An Identity is whom a caller claims to be: somebody with rights that the
// caller lacks. What is empty is not claimed.
type Identity struct {
	Username string
	Password string // the right one: it proves nothing where nobody asked for it
	Token    string // a good one, likewise
	Path     string // of something that the caller may change: "/books/2"
}

// Claims are all the claims to an identity, to the role of an administrator, to
// another method and to a trusted address, under each name that programs in use
// believe; see names.go.
func Claims(who Identity) (all []Claim) {
	for _, n := range names {
		for _, place := range n.places {
			for _, name := range n.names {
				for _, value := range n.values(who) {
					if value != "" {
						all = append(all, Claim{place, name, value})
					}
				}
			}
		}
	}
	return all
}

// In returns the claims that stand in one of the places.
func In(claims []Claim, places ...Place) []Claim {
	return slices.DeleteFunc(slices.Clone(claims), func(c Claim) bool { return !slices.Contains(places, c.Place) })
}

// Stuff returns a copy of a request with claims added. What cannot be added is
// left out: a field where the body is no form and no JSON object.
func Stuff(r *http.Request, claims []Claim) *http.Request {
	clone := Clone(r)
	fields, query := make(map[string]string), clone.URL.Query()
	cookies := clone.Header.Values("Cookie")
	for _, c := range claims {
		switch c.Place {
		case InHeader:
			clone.Header.Add(c.Name, c.Value)
		case InCookie:
			cookies = append(cookies, c.Name+"="+c.Value) // as it is: a client is not bound to what AddCookie allows
		case InQuery:
			query.Add(c.Name, c.Value)
		case AsPeer:
			clone.RemoteAddr = c.Value
		case AsHost:
			clone.Host = c.Value
		case AsCertificate:
			clone.TLS = withCertificate(clone.TLS, c.Value)
		case InForm, InJSON:
			if kindOf(clone) == c.Place {
				fields[c.Name] = c.Value
			}
		}
	}
	if slices.ContainsFunc(claims, func(c Claim) bool { return c.Place == InQuery }) {
		clone.URL.RawQuery = query.Encode()
		clone.RequestURI = clone.URL.RequestURI()
	}
	if len(cookies) > 0 {
		clone.Header.Set("Cookie", strings.Join(cookies, "; "))
	}
	if len(fields) > 0 {
		if changed := withFields(clone, fields); changed != nil {
			return changed
		}
	}
	return clone
}

// withCertificate returns the state of a connection whose client has a certificate
// that says each way whom it is for, and that no authority has signed.
func withCertificate(state *tls.ConnectionState, username string) *tls.ConnectionState {
	clone := tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true}
	if state != nil {
		clone = *state
	}
	clone.PeerCertificates = []*x509.Certificate{{
		Subject:        pkix.Name{CommonName: username},
		DNSNames:       []string{username},
		EmailAddresses: []string{username},
		URIs:           []*url.URL{{Scheme: "spiffe", Host: "bookapi", Path: "/" + username}},
	}}
	return &clone
}

// A Difference is what made a server treat two requests differently.
type Difference struct {
	Claims       []Claim // the fewest that a search by halves found
	Without, Got string  // how it was treated without and with them
}

// String names the claims.
func (d *Difference) String() string {
	said := make([]string, len(d.Claims))
	for i, c := range d.Claims {
		said[i] = c.String()
	}
	if len(said) > 3 {
		said = append(said[:3], fmt.Sprintf("%d more", len(said)-3))
	}
	return strings.Join(said, ", ")
}

// ErrVaries says that one and the same request is treated in two ways, so that
// nothing can be told from a third.
var ErrVaries = errors.New("attack: the same request is treated now so, now so")

// Believed sends a request bare and stuffed with claims, and returns which of
// them made a difference; nil if none did. Claims that the request makes itself,
// in an Authorization header or a field, are left out.
//
// What a difference is, treat decides: it sends the request, to a server in the
// same state each time, and says what came of it: "the handler runs as grace".
// The empty text is a refusal without any effect. That is sound for a request
// with too much in it, too; the claims are then tried in smaller parts.
func Believed(bare *http.Request, claims []Claim, treat func(*http.Request) string) (*Difference, error) {
	s := search{bare: bare, treat: treat, without: treat(Clone(bare))}
	if again := treat(Clone(bare)); again != s.without {
		return nil, fmt.Errorf("%w: %q, and %q", ErrVaries, s.without, again)
	}
	for _, some := range rounds(bare, claims) {
		if found := s.in(some); found != nil {
			return found, nil
		}
	}
	return nil, nil
}

type search struct {
	bare    *http.Request
	treat   func(*http.Request) string
	without string
}

// in looks for a difference among claims.
func (s search) in(some []Claim) *Difference {
	switch got := s.treat(Stuff(s.bare, some)); {
	case got == s.without:
		return nil
	case got != "":
		fewest := halves(some, s.differs)
		return &Difference{fewest, s.without, s.treat(Stuff(s.bare, fewest))}
	case len(some) == 1:
		return nil
	}
	middle := len(some) / 2
	if found := s.in(some[:middle]); found != nil {
		return found
	}
	return s.in(some[middle:])
}

func (s search) differs(some []Claim) bool {
	got := s.treat(Stuff(s.bare, some))
	return got != s.without && got != ""
}

// halves searches for the fewest claims that make the difference which all make.
func halves(all []Claim, differs func([]Claim) bool) []Claim {
	for len(all) > 1 {
		middle := len(all) / 2
		switch {
		case differs(all[:middle]):
			all = all[:middle]
		case differs(all[middle:]):
			all = all[middle:]
		default: // it takes one of each half at least
			return without(all, differs)
		}
	}
	return all
}

// without leaves out claims one at a time, as long as the difference stays.
func without(all []Claim, differs func([]Claim) bool) []Claim {
	for i := 0; i < len(all) && len(all) > 1; {
		if fewer := slices.Delete(slices.Clone(all), i, i+1); differs(fewer) {
			all = fewer
		} else {
			i++
		}
	}
	return all
}

// rounds divides claims into requests: each has claims in one place, and each
// name once, so that none hides another. Authorization stands alone.
func rounds(bare *http.Request, claims []Claim) (rounds [][]Claim) {
	says := said(bare)
	type key struct {
		place Place
		round int
		name  string
	}
	taken := make(map[key]bool)
	index := make(map[key]int)
	for _, c := range claims {
		if says(c) {
			continue
		}
		if c.Place == InHeader && strings.EqualFold(c.Name, "Authorization") {
			rounds = append(rounds, []Claim{c}) // a server that reads it may look no further
			continue
		}
		k := key{c.Place, 0, cmp.Or(strings.ToLower(c.Name), "-")}
		for taken[k] {
			k.round++
		}
		taken[k] = true
		k.name = ""
		at, ok := index[k]
		if !ok {
			at = len(rounds)
			index[k] = at
			rounds = append(rounds, nil)
		}
		rounds[at] = append(rounds[at], c)
	}
	return rounds
}

// said returns what reports whether a request itself has what a claim would add,
// or no place for it.
func said(r *http.Request) func(Claim) bool {
	kind, query, fields := kindOf(r), r.URL.Query(), fieldsOf(r)
	return func(c Claim) bool {
		switch c.Place {
		case InHeader:
			return len(r.Header.Values(c.Name)) > 0
		case InCookie:
			_, err := r.Cookie(c.Name)
			return err == nil
		case InQuery:
			return query.Has(c.Name)
		case InForm, InJSON:
			same := func(field string) bool { return strings.EqualFold(field, c.Name) }
			return kind != c.Place || slices.ContainsFunc(fields, same)
		}
		return false
	}
}

func basic(who Identity) string {
	if who.Username == "" || who.Password == "" {
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(who.Username+":"+who.Password))
}

// payload is what a token says about an administrator of that name: as JSON, in
// base64, and between a header and a signature that is none.
func payload(who Identity) []string {
	if who.Username == "" {
		return nil
	}
	const end int64 = 41024448000 // in 3270, by any clock
	text, err := json.Marshal(map[string]any{
		"sub": who.Username, "username": who.Username, "user": who.Username, "name": who.Username, "role": "admin", "exp": end,
	})
	if err != nil {
		panic(err) // texts and a number
	}
	part := base64.RawURLEncoding.EncodeToString
	return []string{
		string(text), part(text), base64.StdEncoding.EncodeToString(text),
		part([]byte(`{"alg":"none"}`)) + "." + part(text) + ".",
	}
}
