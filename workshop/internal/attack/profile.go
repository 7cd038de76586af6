package attack

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Profile says what an API is like, as far as an attacker has to know. What is
// empty is not there, or not known.
type Profile struct {
	Login    Login       `toml:"login"`
	SignUp   Form        `toml:"signup"`
	User     Account     `toml:"user"`
	Other    Account     `toml:"other"`
	Admin    Account     `toml:"admin"`
	Read     Operation   `toml:"read"`
	Write    Operation   `toml:"write"`
	Object   Object      `toml:"object"`
	Account  Operation   `toml:"account"` // changes the account of whoever sends it
	AdminOp  Operation   `toml:"admin_operation"`
	AdminOps []Operation `toml:"admin_operations"` // more of them, that may be tried even if they write
	Refresh  Form        `toml:"refresh"`
	Logout   Form        `toml:"logout"`
	Password Password    `toml:"password"`
	Forgot   Form        `toml:"forgot"`  // asks for a new password
	Reset    Form        `toml:"reset"`   // sets it, with the code of a mail
	Removal  Operation   `toml:"removal"` // by which an administrator removes or locks an account

	// What the API's document says: the operations that need a login, those that change
	// an object, those that read a part of one, and the fields that a change may have.
	locked, changes, parts []Operation
	accounts, admins       []Operation // that change one's own account, and are for administrators
	offered                []string
	queries                map[string][]string // the parameters of what is read, by its path
}

// Operation is a request that somebody may make.
type Operation struct {
	Method string `toml:"method"`
	Path   string `toml:"path"` // with its query: "/books?title=Dune"
	JSON   string `toml:"json"` // the body, if it is JSON
	Form   string `toml:"form"` // the body, if it is a form
}

func (o Operation) String() string { return o.Method + " " + o.Path }

func (o Operation) there() bool { return o.Path != "" }

// Form is a request that carries one or two values in fields.
type Form struct {
	Method   string            `toml:"method"`
	Path     string            `toml:"path"`
	Send     string            `toml:"send"` // "form" or "json"
	Username string            `toml:"username"`
	Password string            `toml:"password"`
	Token    string            `toml:"field"` // for refresh and logout: the field with the token
	Also     map[string]string `toml:"also"`
	Bearer   bool              `toml:"bearer"` // the access token goes along
}

// Login is how a name and a password become a token.
type Login struct {
	Form
	Answer  string `toml:"token"`   // where in the answer the token stands: "access_token", "data.token"
	Refresh string `toml:"refresh"` // and the refresh token
	Scheme  string `toml:"scheme"`
}

// Account is somebody who can log in. A password that begins with "$" is read from
// the environment.
type Account struct {
	Username string `toml:"username"`
	Password string `toml:"password"`
}

// Object is what Write makes, and belongs to whoever has made it.
type Object struct {
	Path    string `toml:"path"`    // "/books/{id}"
	ID      string `toml:"id"`      // where in the answer its number stands
	Change  string `toml:"change"`  // the method that changes it
	JSON    string `toml:"json"`    // the body of a change, if it is not that of Write
	Delete  string `toml:"delete"`  // the method that removes it
	Creator string `toml:"creator"` // where in the answer its creator stands
	List    string `toml:"list"`    // where all are listed; if empty, where Write makes them
	Private bool   `toml:"private"` // it is for its creator's eyes alone

	Also []Operation `toml:"also"` // more that its creator alone may do with it
}

// Password is how a user changes the password.
type Password struct {
	Method  string `toml:"method"`
	Path    string `toml:"path"`
	Current string `toml:"current"`
	New     string `toml:"new"`
}

//go:embed profiles
var profiles embed.FS

// Profiles are the names of the profiles that come with the course.
func Profiles() []string { return []string{"course", "guide"} }

// ReadProfile returns one of Profiles, or what a file says.
func ReadProfile(name string) (Profile, error) {
	text, err := profiles.ReadFile(path.Join("profiles", name+".toml"))
	if !slices.Contains(Profiles(), name) {
		text, err = os.ReadFile(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Profile{}, UsageError(fmt.Sprintf("There is no profile %s. Write one with --init, or take one of these: %s.", name, strings.Join(Profiles(), ", ")))
	}
	if err != nil {
		return Profile{}, UsageError(err.Error())
	}
	return parseProfile(name, string(text))
}

func parseProfile(name, text string) (Profile, error) {
	var p Profile
	meta, err := toml.Decode(text, &p)
	if err != nil {
		return Profile{}, UsageError(fmt.Sprintf("%s: %v", name, err))
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return Profile{}, UsageError(fmt.Sprintf("%s: there is no field %q", name, unknown[0].String()))
	}
	for what, send := range map[string]string{"login": p.Login.Send, "signup": p.SignUp.Send, "refresh": p.Refresh.Send, "logout": p.Logout.Send, "forgot": p.Forgot.Send, "reset": p.Reset.Send} {
		if send != "" && send != "form" && send != "json" {
			return Profile{}, UsageError(fmt.Sprintf("%s: [%s] send is %q, and not \"form\" or \"json\"", name, what, send))
		}
	}
	for what, written := range map[string]string{
		"login": p.Login.Path, "signup": p.SignUp.Path, "read": p.Read.Path, "write": p.Write.Path, "object": p.Object.Path, "account": p.Account.Path,
		"admin_operation": p.AdminOp.Path, "refresh": p.Refresh.Path, "logout": p.Logout.Path, "password": p.Password.Path,
		"forgot": p.Forgot.Path, "reset": p.Reset.Path, "removal": p.Removal.Path,
	} {
		if written != "" && (!strings.HasPrefix(written, "/") || strings.HasPrefix(written, "//")) {
			return Profile{}, UsageError(fmt.Sprintf("%s: [%s] path is %q, and a path begins with one slash", name, what, written))
		}
	}
	for _, o := range p.Object.Also {
		if !strings.HasPrefix(o.Path, "/") || !parameters.MatchString(o.Path) || o.Method == "" {
			return Profile{}, UsageError(fmt.Sprintf("%s: [[object.also]] is %q, and takes a method and a path with {id} in it", name, o))
		}
	}
	for i := range p.AdminOps {
		o := &p.AdminOps[i]
		o.Method = cmp.Or(o.Method, http.MethodGet)
		if !strings.HasPrefix(o.Path, "/") || strings.HasPrefix(o.Path, "//") {
			return Profile{}, UsageError(fmt.Sprintf("%s: [[admin_operations]] path is %q, and a path begins with one slash", name, o.Path))
		}
	}
	for _, a := range []*Account{&p.User, &p.Other, &p.Admin} {
		if variable, ok := strings.CutPrefix(a.Password, "$"); ok {
			a.Password = os.Getenv(variable)
			if a.Password == "" {
				*a = Account{}
			}
		}
	}
	return p, nil
}

// fill takes from other what p does not say.
func (p *Profile) fill(other Profile) {
	if p.Login.Path == "" {
		p.Login = other.Login
	}
	if p.SignUp.Path == "" {
		p.SignUp = other.SignUp
	}
	for _, pair := range [][2]*Operation{{&p.Read, &other.Read}, {&p.Write, &other.Write}, {&p.AdminOp, &other.AdminOp}} {
		if !pair[0].there() {
			*pair[0] = *pair[1]
		}
	}
	if p.Object.Path == "" {
		p.Object.Path, p.Object.Change, p.Object.Delete = other.Object.Path, other.Object.Change, other.Object.Delete
	}
	if parameters.ReplaceAllString(p.Object.Path, "{}") == parameters.ReplaceAllString(other.Object.Path, "{}") {
		p.changes, p.parts, p.offered = other.changes, other.parts, other.offered
	}
	p.locked, p.accounts, p.admins, p.queries = other.locked, other.accounts, other.admins, other.queries
}

// changed is what a change of an object sends: the body of Write, if it has none of its own.
func (p *Profile) changed() Operation {
	o := p.Write
	if p.Object.JSON != "" {
		o.JSON, o.Form = p.Object.JSON, ""
		o.Path, _, _ = strings.Cut(o.Path, "?")
	}
	return o
}

// complete writes what is usual where a profile leaves it out.
func (p *Profile) complete() {
	standard := func(text *string, usual string) {
		if *text == "" {
			*text = usual
		}
	}
	for _, f := range []*Form{&p.Login.Form, &p.SignUp, &p.Refresh, &p.Logout} {
		standard(&f.Method, http.MethodPost)
		standard(&f.Username, "username")
		standard(&f.Password, "password")
	}
	for _, f := range []*Form{&p.Forgot, &p.Reset} {
		standard(&f.Method, http.MethodPost)
		standard(&f.Send, "json")
	}
	standard(&p.Forgot.Username, p.SignUp.Username)
	standard(&p.Reset.Password, "password")
	standard(&p.Reset.Token, "code")
	standard(&p.Removal.Method, http.MethodDelete)
	standard(&p.Login.Send, "form")
	standard(&p.SignUp.Send, "json")
	standard(&p.Refresh.Send, "form")
	standard(&p.Logout.Send, "form")
	standard(&p.Refresh.Token, "refresh_token")
	standard(&p.Logout.Token, "token")
	standard(&p.Login.Answer, "access_token")
	standard(&p.Login.Refresh, "refresh_token")
	standard(&p.Login.Scheme, "Bearer")
	standard(&p.Read.Method, http.MethodGet)
	standard(&p.AdminOp.Method, http.MethodGet)
	standard(&p.Write.Method, http.MethodPost)
	standard(&p.Account.Method, http.MethodPatch)
	standard(&p.Account.JSON, "{}")
	standard(&p.Object.ID, "id")
	list, _, _ := strings.Cut(p.Write.Path, "?")
	standard(&p.Object.List, list)
	standard(&p.Password.Method, http.MethodPut)
	standard(&p.Password.Current, "current")
	standard(&p.Password.New, "new")
}
