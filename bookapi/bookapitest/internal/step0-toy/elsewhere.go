package toy

import (
	"context"

	"example.com/bookapi"
)

// AskElsewhere asks a store in a goroutine of its own.
func AskElsewhere(ctx context.Context, users bookapi.UserStore) error {
	answer := make(chan error)
	go func() {
		_, err := users.User(ctx, "ada")
		answer <- err
	}()
	return <-answer
}
