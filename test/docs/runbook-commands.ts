/** The commands of the runbooks, and of the page on Events, with what each writes on a pool that is as it should be. */
export const runbookCommands: Readonly<Record<string, RegExp>> = {
  "kubectl get pods -A -l app.kubernetes.io/name=evenkeel": /^shop +evenkeel-/m,
  "kubectl get pods -n NAMESPACE -l app.kubernetes.io/name=evenkeel": /^evenkeel-/m,
  "kubectl describe pods -A -l app.kubernetes.io/name=evenkeel": /^Name: +evenkeel-/m,
  "kubectl describe pods -n NAMESPACE -l app.kubernetes.io/name=evenkeel": /^Name: +evenkeel-/m,
  "kubectl get deployments -A -l app.kubernetes.io/name=evenkeel": /^shop +evenkeel +1\/1/m,
  "kubectl get pods -n NAMESPACE -o wide": /^checkout-app-/m,
  "kubectl get pods -A -o wide": /^shop +checkout-app-/m,
  "kubectl get secret SECRET -n NAMESPACE -o go-template='{{index .data \"tls.crt\" | base64decode}}' | openssl x509 -noout -enddate":
    /^notAfter=/m,
  "kubectl get --raw '/readyz?verbose'": /^readyz check passed$/m,
  "kubectl auth can-i update leases.coordination.k8s.io -n NAMESPACE --as system:serviceaccount:NAMESPACE:evenkeel":
    /^yes$/m,
  "kubectl get lbp -A": /^shop +checkout /m,
  "kubectl get lbp POOL -n NAMESPACE -o yaml": /^status:$/m,
  "kubectl describe lbp POOL": /^ +Type: +Ready$/m,
  "kubectl describe lbp POOL -n NAMESPACE": /^Events:/m,
  "kubectl events -n NAMESPACE --for lbp/POOL": / Paused /,
  "kubectl evenkeel status POOL -n NAMESPACE": /^shop\/checkout /m,
  "kubectl evenkeel explain POOL -n NAMESPACE": /WithinLimit/,
  "kubectl evenkeel check POOL -n NAMESPACE": /checkout-app-/,
  "kubectl evenkeel pause POOL -n NAMESPACE": /checkout/,
  "kubectl rollout restart deployment/evenkeel -n NAMESPACE": /restarted/,
};
