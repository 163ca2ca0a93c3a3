// Follows a pool of Evenkeel over HTTP, and says where the next request is to go. Needs Go's standard library alone.
//
//	go run . http://evenkeel.evenkeel:8080/v1/pools/shop/checkout
//
// prints the next pod, as ADDRESS:PORT, for every line that it reads.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

type pod struct {
	name           string
	weight, credit float64
}

// Pool is the pods of a pool. While the operator is away, the last list stands.
type Pool struct {
	Ready chan struct{} // Closed with the first list.

	url   string
	mutex sync.Mutex
	pods  []pod
}

// Follow begins to follow the pool at a URL.
func Follow(url string) *Pool {
	pool := &Pool{Ready: make(chan struct{}), url: url}
	go pool.follow()
	return pool
}

// Next is the next pod by weight, and false while there is none. It takes turns, which spreads better than drawing lots.
func (p *Pool) Next() (string, bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var total float64
	for _, pod := range p.pods {
		total += pod.weight
	}
	best := -1
	for i := range p.pods {
		p.pods[i].credit += p.pods[i].weight / total
		if best < 0 || p.pods[i].credit > p.pods[best].credit {
			best = i
		}
	}
	if total == 0 {
		return "", false
	}
	p.pods[best].credit--
	return p.pods[best].name, true
}

func (p *Pool) take(data []byte) error {
	var document struct {
		Endpoints []struct {
			Address string
			Ports   []struct{ Port int }
			Weight  float64
		}
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	credits := map[string]float64{}
	for _, pod := range p.pods {
		credits[pod.name] = pod.credit
	}
	p.pods = p.pods[:0]
	for _, endpoint := range document.Endpoints {
		if len(endpoint.Ports) == 0 {
			continue
		}
		name := net.JoinHostPort(endpoint.Address, strconv.Itoa(endpoint.Ports[0].Port))
		credit, known := credits[name]
		if !known {
			// Clients that come at the same time must not all begin with the same pod.
			credit = rand.Float64()
		}
		p.pods = append(p.pods, pod{name, endpoint.Weight, credit})
	}
	select {
	case <-p.Ready:
	default:
		close(p.Ready)
	}
	return nil
}

// stream reads one stream of events to its end, and tells whether it brought a list.
func (p *Pool) stream() (brought bool, err error) {
	response, err := http.Get(p.url + "/watch")
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return false, fmt.Errorf("the operator answered %s", response.Status)
	}
	// The operator says something every ten seconds.
	silence := time.AfterFunc(25*time.Second, func() { response.Body.Close() })
	defer silence.Stop()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 8<<20)
	event := ""
	for lines.Scan() {
		silence.Reset(25 * time.Second)
		field, value, _ := strings.Cut(lines.Text(), ": ")
		if field == "event" {
			event = value
		} else if field == "data" && event == "pool" {
			if err := p.take([]byte(value)); err != nil {
				return brought, err
			}
			brought = true
		}
	}
	return brought, lines.Err()
}

func (p *Pool) follow() {
	for wait := 500 * time.Millisecond; ; wait = min(2*wait, 30*time.Second) {
		brought, err := p.stream()
		if err != nil {
			log.Printf("%s: %v", p.url, err)
		}
		if brought {
			wait = 500 * time.Millisecond
		}
		time.Sleep(time.Duration(float64(wait) * (0.5 + rand.Float64())))
	}
}

func main() {
	pool := Follow(os.Args[1])
	<-pool.Ready
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		next, _ := pool.Next()
		fmt.Println(next)
	}
}
