package main

//go:generate go run ./internal/starter/generate
//go:generate go run ./internal/flaw/generate
//go:generate go run ./internal/kinds/generate
