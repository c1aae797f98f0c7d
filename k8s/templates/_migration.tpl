{{/* Called with (dict "root" $ "container" name "secret" secret). */}}
{{- define "talentflow.migrateContainer" -}}
- name: {{ .container }}
  image: {{ include "talentflow.image" .root }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  args: [migrate]
  env:
    {{- include "talentflow.secretVariable" (list "TALENTFLOW__DATABASE__URL" .secret) | nindent 4 }}
    - name: TALENTFLOW__LOG__FORMAT
      value: {{ .root.Values.log.format }}
  {{- with .root.Values.migrations.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- include "talentflow.containerSecurity" .root | nindent 4 }}
{{- end -}}

{{/* Called with (dict "root" $ "common" bool "separate" secretsByName). */}}
{{- define "talentflow.migratePod" -}}
metadata:
  labels:
    {{- include "talentflow.release" .root | nindent 4 }}
    app.kubernetes.io/component: migration
spec:
  {{- /* Before an installation the account of this chart is not there yet. */}}
  {{- if or (eq .root.Values.migrations.mode "job") (not .root.Values.serviceAccount.create) }}
  serviceAccountName: {{ include "talentflow.serviceAccount" .root }}
  {{- end }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  restartPolicy: Never
  securityContext:
    {{- include "talentflow.podSecurity" .root | nindent 4 }}
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.defaults.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.defaults.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    {{- if .common }}
    {{- include "talentflow.migrateContainer" (dict "root" .root "container" "migrate" "secret" .root.Values.database.existingSecret) | nindent 4 }}
    {{- end }}
    {{- $root := .root }}
    {{- range $name, $secret := .separate }}
    {{- include "talentflow.migrateContainer" (dict "root" $root "container" (printf "migrate-%s" $name) "secret" $secret) | nindent 4 }}
    {{- end }}
{{- end -}}
