package attack

import (
	"net/http"
	"slices"
)

// weakPasswords signs up with passwords that are too short for any use.
func weakPasswords(r *run) outcome {
	f := r.Profile.SignUp
	if f.Path == "" {
		return unsure("no sign-up is known")
	}
	for _, password := range []string{"1", "q7#", "q7#M2"} {
		name := r.newName()
		p := r.signUp(name, password)
		if r.lastSignUp.Status == http.StatusTooManyRequests || r.lastSignUp.Status == 0 {
			return unsure("a sign-up answers %d", r.lastSignUp.Status)
		}
		if p != nil {
			return broken(r.fields(f, map[string]string{f.Username: r.newName(), f.Password: password}), "a sign-up takes a password of %d characters, and a login too: it is guessed in no time", len(password))
		}
	}
	return held("passwords of 1 to 5 characters are refused")
}

// defaultPasswords logs in with accounts that programs are delivered with.
func defaultPasswords(r *run) outcome {
	limited := 0
	for _, name := range []string{"admin", "root", "test"} {
		if slices.Contains([]string{r.Profile.User.Username, r.Profile.Other.Username, r.Profile.Admin.Username}, name) {
			continue // whoever has named it knows it
		}
		for _, password := range []string{name, "password"} {
			request := r.loginAs(name, password)
			a := r.send(request)
			if r.tokenIn(a, r.Profile.Login.Answer) != "" {
				return broken(request, "mallory logs in as %s with the password %s", name, password)
			}
			if limits(a) {
				limited++
			}
		}
	}
	if limited > 3 {
		return unsure("the login turns the tries away")
	}
	return held("none that is usual works")
}

// tooMuch is how many bytes nobody sends to a login or a sign-up.
const tooMuch = 16 << 20
