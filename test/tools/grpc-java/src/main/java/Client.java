import com.google.gson.Gson;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Sends calls through grpc-java's own xDS client: one order a line on stdin, one line of what came of it on stdout. */
public final class Client {
  private static final Metadata.Key<String> POD = Metadata.Key.of("pod", Metadata.ASCII_STRING_MARSHALLER);

  /** Calls one after the other with a pause after each: so many, or as many as fit into so long. */
  private record Order(int calls, int forMs, int pauseMs) {}

  private record Result(Map<String, Integer> answers, Map<String, Integer> errors) {}

  /** Keeps the pod that answered last. */
  private static final class Answering implements ClientInterceptor {
    private volatile String pod = "nobody";

    @Override
    public <A, B> ClientCall<A, B> interceptCall(MethodDescriptor<A, B> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<B> listener, Metadata headers) {
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                @Override
                public void onHeaders(Metadata answered) {
                  pod = answered.get(POD);
                  super.onHeaders(answered);
                }
              },
              headers);
        }
      };
    }
  }

  public static void main(String[] args) throws Exception {
    String target = args[0];
    ManagedChannel channel = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create()).build();

    Answering answering = new Answering();
    HealthGrpc.HealthBlockingStub client = HealthGrpc.newBlockingStub(channel).withInterceptors(answering);
    Gson gson = new Gson();
    BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
    for (String line = orders.readLine(); line != null; line = orders.readLine()) {
      Order order = gson.fromJson(line, Order.class);
      Result result = new Result(new TreeMap<>(), new TreeMap<>());
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(order.forMs());
      for (int sent = 0; sent < order.calls() || System.nanoTime() < end; sent++) {
        try {
          client.withDeadlineAfter(20, TimeUnit.SECONDS).check(HealthCheckRequest.getDefaultInstance());
          result.answers().merge(answering.pod, 1, Integer::sum);
        } catch (StatusRuntimeException error) {
          result.errors().merge(String.valueOf(error.getMessage()), 1, Integer::sum);
        }
        Thread.sleep(order.pauseMs());
      }
      System.out.println(gson.toJson(result));
    }
    System.exit(0);
  }
}
