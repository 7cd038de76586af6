package gotest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"example.com/bookapi/workshop/internal/proctree"
)

// Vet runs "go vet" on all packages of a module in dir, below a folder of it,
// and returns its complaints. Their files are relative to dir, with slashes.
func Vet(ctx context.Context, dir, folder string) ([]BuildError, error) {
	cmd := exec.CommandContext(ctx, "go", "vet", "./"+folder+"/...")
	cmd.Dir = dir
	proctree.Own(cmd)
	said, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		proctree.Kill(cmd)
		return nil, ctx.Err()
	}
	complaints := buildErrors(string(said), dir)
	switch _, exited := errors.AsType[*exec.ExitError](err); {
	case err == nil:
		return nil, nil
	case !exited:
		return nil, fmt.Errorf("go vet: %w", err)
	case len(complaints) == 0:
		return nil, fmt.Errorf("go vet: %w, and it does not say why", err)
	}
	return complaints, nil
}
