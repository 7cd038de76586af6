// Command client uses the API with nothing but what a generator made of its document.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"example.com/client/client"
)

func main() {
	log.SetFlags(0)
	if err := run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url string) error {
	api, err := client.NewClientWithResponses(url)
	if err != nil {
		return err
	}
	name, password := "ada", "blue teapot on the third shelf"
	account, err := api.SignUpWithResponse(ctx, client.SignUp{Username: name, Password: password})
	if err != nil || account.JSON201 == nil {
		return errors.Join(err, fmt.Errorf("sign up: %s", account.Body))
	}
	login, err := api.LogInWithFormdataBodyWithResponse(ctx, client.Grant{Username: &name, Password: &password})
	if err != nil || login.JSON200 == nil || login.JSON200.RefreshToken == nil {
		return errors.Join(err, fmt.Errorf("log in: %s", login.Body))
	}
	grant := client.GrantGrantType("refresh_token")
	next, err := api.LogInWithFormdataBodyWithResponse(ctx, client.Grant{GrantType: &grant, RefreshToken: login.JSON200.RefreshToken})
	if err != nil || next.JSON200 == nil {
		return errors.Join(err, fmt.Errorf("refresh: %s", next.Body))
	}
	bearer := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+next.JSON200.AccessToken)
		return nil
	}
	book, err := api.CreateBookWithResponse(ctx, client.NewBook{Title: "Kindred", Author: "Octavia E. Butler"}, bearer)
	if err != nil || book.JSON201 == nil {
		return errors.Join(err, fmt.Errorf("create: %s", book.Body))
	}
	found, err := api.GetBookWithResponse(ctx, book.JSON201.Id)
	if err != nil || found.JSON200 == nil || found.JSON200.Title != "Kindred" {
		return errors.Join(err, fmt.Errorf("read: %s", found.Body))
	}
	fmt.Println("signed up, logged in, refreshed, created and read")
	return nil
}
