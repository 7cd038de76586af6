module example.com/bookapi

go 1.26.0

require github.com/go-chi/chi/v5 v5.5.0

require github.com/stretchr/testify v1.12.1 // indirect
