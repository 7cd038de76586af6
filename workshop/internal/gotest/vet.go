package gotest

import (
	"context"
	"errors"
	"fmt"

	"example.com/bookapi/workshop/internal/gocmd"
)

// Vet runs "go vet" with args, flags and packages, in dir, and returns its
// complaints. Their files are relative to dir, with slashes.
func Vet(ctx context.Context, dir string, args ...string) ([]BuildError, error) {
	_, err := gocmd.Output(ctx, dir, nil, append([]string{"vet"}, args...)...)
	said, failed := errors.AsType[*gocmd.Error](err)
	if !failed {
		return nil, err
	}
	complaints := BuildErrors(said.Said, dir)
	if len(complaints) == 0 {
		return nil, fmt.Errorf("go vet: %w, and it does not say why", said.Err)
	}
	return complaints, nil
}

// Build builds packages in dir, and returns what the compiler said. Its files are
// relative to dir, with slashes.
func Build(ctx context.Context, dir string, args []string) ([]BuildError, error) {
	_, err := gocmd.Output(ctx, dir, nil, append([]string{"build"}, args...)...)
	said, failed := errors.AsType[*gocmd.Error](err)
	if !failed {
		return nil, err
	}
	return BuildErrors(said.Said, dir), nil
}
