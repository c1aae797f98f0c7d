{{/* What a schema cannot say in plain words. Included by the Deployments and, as hooks go first, the migration. */}}
{{- define "talentflow.checks" -}}
{{- $v := .Values -}}
{{- $faults := list -}}
{{- $homeless := list -}}
{{- range $name, $_ := $v.services -}}
  {{- $w := include "talentflow.workload" (dict "root" $ "name" $name) | fromYaml -}}
  {{- if and $w.enabled (ne $name "gateway") (not $w.database.existingSecret.name) (not $v.database.existingSecret.name) -}}
    {{- $homeless = append $homeless $name -}}
  {{- end -}}
  {{- $elsewhere := get $v.gateway.upstreams $name -}}
  {{- if and (ne $name "gateway") (not $w.enabled) (not $elsewhere) -}}
    {{- $faults = append $faults (printf "gateway.upstreams.%s is missing: services.%s.enabled is false, so say where it runs" $name $name) -}}
  {{- else if and $w.enabled $elsewhere -}}
    {{- $faults = append $faults (printf "gateway.upstreams.%s and services.%s.enabled are both set: it runs here or elsewhere" $name $name) -}}
  {{- end -}}
  {{- if and $w.autoscaling.enabled (gt (int $w.autoscaling.minReplicas) (int $w.autoscaling.maxReplicas)) -}}
    {{- $faults = append $faults (printf "services.%s: autoscaling.minReplicas is above maxReplicas" $name) -}}
  {{- end -}}
{{- end -}}
{{- if $homeless -}}
  {{- $faults = append $faults (printf "database.existingSecret.name is missing: the secret with the PostgreSQL URL under the key %q (asked for by %s)" $v.database.existingSecret.key (join ", " $homeless)) -}}
{{- end -}}
{{- if and $v.nats.url $v.nats.existingSecret.name -}}
  {{- $faults = append $faults "nats.url and nats.existingSecret.name are both set: keep one" -}}
{{- else if not (or $v.nats.url $v.nats.existingSecret.name) -}}
  {{- $faults = append $faults "nats.url is missing, such as nats://nats:4222 (or nats.existingSecret.name, if the URL holds a password)" -}}
{{- end -}}
{{- if contains "@" $v.nats.url -}}
  {{- $faults = append $faults "nats.url holds a password, which would end up in the release's history: put the URL into nats.existingSecret" -}}
{{- end -}}
{{- if not $v.auth.issuer -}}
  {{- $faults = append $faults "auth.issuer is missing: the `iss` of the tokens, such as https://id.example.cn/" -}}
{{- end -}}
{{- if not $v.auth.audience -}}
  {{- $faults = append $faults "auth.audience is missing: the `aud` of the tokens, such as talentflow" -}}
{{- end -}}
{{- if and $v.auth.jwks.url $v.auth.jwks.existingSecret.name -}}
  {{- $faults = append $faults "auth.jwks.url and auth.jwks.existingSecret.name are both set: keep one" -}}
{{- else if not (or $v.auth.jwks.url $v.auth.jwks.existingSecret.name) -}}
  {{- $faults = append $faults "auth.jwks.url is missing: where the issuer's public keys are (or auth.jwks.existingSecret.name)" -}}
{{- end -}}
{{- if and $v.gateway.ingress.enabled (not $v.gateway.ingress.host) -}}
  {{- $faults = append $faults "gateway.ingress.host is missing" -}}
{{- end -}}
{{- if $faults -}}
  {{- fail (printf "\n\n  %s\n" ($faults | join "\n  ")) -}}
{{- end -}}
{{- end -}}
