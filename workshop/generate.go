package main

//go:generate go run ./internal/starter/generate
