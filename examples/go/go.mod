module example.com/follow-pool

go 1.22
