package sqlstore_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"example.com/bookapi"
	"example.com/bookapi/sqlstore"
)

func Example() {
	dir, err := os.MkdirTemp("", "bookapi")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	ctx := context.Background()
	store, err := sqlstore.Open(ctx, filepath.Join(dir, "bookapi.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	book, err := store.CreateBook(ctx, bookapi.Book{Title: "Emma", Author: "Jane Austen", CreatedBy: "ada"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", book)
	// Output: {ID:1 Title:Emma Author:Jane Austen Year:0 CreatedBy:ada}
}
