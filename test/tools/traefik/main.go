// Prints, a line for each change, the servers that Traefik's own Kubernetes provider would send to.
package main

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/provider/kubernetes/ingress"
	"github.com/traefik/traefik/v3/pkg/safe"
)

func main() {
	provider := &ingress.Provider{AllowEmptyServices: true}
	if err := provider.Init(); err != nil {
		panic(err)
	}
	configurations := make(chan dynamic.Message)
	if err := provider.Provide(configurations, safe.NewPool(context.Background())); err != nil {
		panic(err)
	}
	for message := range configurations {
		for name, service := range message.Configuration.HTTP.Services {
			var servers []string
			for _, server := range service.LoadBalancer.Servers {
				servers = append(servers, server.URL)
			}
			sort.Strings(servers)
			fmt.Println(name, strings.Join(servers, ","))
		}
	}
}
