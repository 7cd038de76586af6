package sqlstore_test

import (
	"context"
	"fmt"

	"example.com/bookapi"
	"example.com/bookapi/sqlstore"
)

func ExampleOpen() {
	ctx := context.Background()
	store, err := sqlstore.Open(ctx, "bookapi.db")
	if err != nil {
		fmt.Println(err) // a sentence, with the next move
		return
	}
	defer func() { _ = store.Close() }()

	book, err := store.CreateBook(ctx, bookapi.Book{Title: "Emma", Author: "Jane Austen", CreatedBy: "ada"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("stored under number", book.ID)
}
