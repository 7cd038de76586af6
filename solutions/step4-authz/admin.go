package authz

import (
	"context"

	"example.com/bookapi"
	hashing "example.com/bookapi/step1-hashing"
)

// AddAdmin creates the account of an administrator. It is for the command line:
// through the API only an administrator makes another, and one has to be the
// first. The errors are those of hashing.SignUp; a name that is taken is refused,
// since it may be an attacker's.
func AddAdmin(ctx context.Context, users bookapi.UserStore, username, password string) error {
	if _, err := hashing.SignUp(ctx, users, username, password); err != nil {
		return err
	}
	return users.SetRole(ctx, username, bookapi.RoleAdmin)
}
