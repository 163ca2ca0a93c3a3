// Sends calls through grpc-go's own xDS client: one order a line on stdin, one line of what came of it on stdout.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	_ "google.golang.org/grpc/xds" // makes grpc.NewClient know xds:///
)

type order struct {
	// Calls one after the other, with a pause after each.
	Calls   int
	PauseMs int
	// Instead of a number: as many as fit into so long.
	ForMs int
}

type result struct {
	Answers map[string]int `json:"answers"`
	Errors  map[string]int `json:"errors"`
}

func (o order) carryOut(client grpc_health_v1.HealthClient) result {
	done := result{Answers: map[string]int{}, Errors: map[string]int{}}
	end := time.Now().Add(time.Duration(o.ForMs) * time.Millisecond)
	for sent := 0; sent < o.Calls || time.Now().Before(end); sent++ {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		var header metadata.MD
		_, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{}, grpc.Header(&header))
		cancel()
		if err != nil {
			done.Errors[err.Error()]++
		} else if pods := header.Get("pod"); len(pods) == 1 {
			done.Answers[pods[0]]++
		} else {
			done.Errors["no pod answered"]++
		}
		time.Sleep(time.Duration(o.PauseMs) * time.Millisecond)
	}
	return done
}

func main() {
	target := os.Args[1]
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	client := grpc_health_v1.NewHealthClient(connection)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var given order
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			log.Fatal(err)
		}
		line, err := json.Marshal(given.carryOut(client))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(line))
	}
}
