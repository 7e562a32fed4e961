# SPDX-License-Identifier: Apache-2.0
"""Each rule of scripts/check-deploy, on a small tree that breaks it and on one that keeps it."""

import json

import pytest

from checked_tree import findings_of

RULES, TESTS = "deploy/prometheus/outrider.rules.yml", "deploy/prometheus/outrider.rules.test.yml"
DASHBOARD, MANIFEST = "deploy/grafana/outrider.json", "deploy/kubernetes/a.yaml"
UNIT = "systemd/outrider.service"


def panel(number, x, **changes):
    return {"id": number, "type": "stat", "title": f"panel {number}", "description": "x",
            "gridPos": {"x": x, "y": 0, "w": 12, "h": 8},
            "targets": [{"expr": 'rate(outrider_sent_total{topic="a, b{c}"}[$__rate_interval])'}]} | changes


def dashboard(*panels, definition="label_values(outrider_lag_seconds_sum, job)"):
    return json.dumps({"panels": panels, "annotations": {"list": [{"name": "alerts", "expr": "ALERTS"}]},
                       "templating": {"list": [{"name": "job", "type": "query", "definition": definition},
                                               {"name": "source", "type": "datasource"}]}})


GOOD = {
    "docs/metrics.md": "| name | type | labels | meaning |\n|---|---|---|---|\n| `outrider_sent_total` | counter | topic | x |\n"
                       "| `outrider_lag_seconds` | histogram |  | x |\n| `process_start_time_seconds` | gauge |  | x |\n",
    "docs/runbook.md": "# Runbook\n\n## Alerts\n\n### OutriderDown\n\n### OutriderSlow\n\n## Other\n\n### Drain\n",
    RULES: """
groups:
  - name: outrider
    rules:
      - alert: OutriderDown
        expr: up{job="outrider_gone_total"} == 0
        labels: {severity: critical}
        annotations: {summary: a, description: b, runbook_url: docs/runbook.md#outriderdown}
      - alert: OutriderSlow
        expr: sum by (le) (outrider_lag_seconds_bucket{le="5", job="a"}) > outrider_lag_seconds_count
        labels: {severity: warning}
        annotations: {summary: a, description: b, runbook_url: docs/runbook.md#outriderslow}
""",
    TESTS: """
tests:
  - alert_rule_test:
      - {alertname: OutriderDown, exp_alerts: []}
      - {alertname: OutriderDown, exp_alerts: [{exp_labels: {}}]}
      - {alertname: OutriderSlow, exp_alerts: []}
      - {alertname: OutriderSlow, exp_alerts: [{exp_labels: {}}]}
""",
    DASHBOARD: dashboard(panel(1, 0), panel(2, 12)),
    "docker-compose.yml": 'services:\n  a:\n    ports: ["127.0.0.1:1:1"]\n    image: x:1/a:1.2\n  b: {build: ., image: outrider, mem_limit: 256m}\n  c: {image: outrider, mem_limit: 256m}\n',
    UNIT: "[Service]\nLimitCORE=0\nMemoryMax=256M\n",
    MANIFEST: """
kind: ConfigMap
metadata: {name: a}
data: {a: b, dsn: "postgresql://u:change-me@h/d?sslmode=verify-full&sslrootcert=/ca.pem"}
---
kind: Deployment
metadata: {name: a}
spec:
  template:
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: a
          image: outrider:1
          resources: {limits: {memory: 256Mi}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: ["ALL"]}
""",
}

# rule, file, what is replaced, by what: each makes exactly one finding, of that rule, in that file.
BAD = [
    ("metric", RULES, "outrider_lag_seconds_count", "outrider_lag_seconds"),
    ("metric", RULES, 'up{job="outrider_gone_total"}', "process_gone_seconds"),
    ("label", RULES, 'le="5", job="a"', 'topic!~"5", job="a"'),
    ("severity", RULES, "severity: warning", "severity: urgent"),
    ("annotation", RULES, "summary: a, description: b, runbook_url: docs/runbook.md#outriderslow",
     "summary: a, runbook_url: docs/runbook.md#outriderslow"),
    ("runbook", RULES, "#outriderslow", "#outrider-slow"),
    ("runbook", "docs/runbook.md", "### OutriderSlow", ""),
    ("runbook", "docs/runbook.md", "## Other", "### OutriderGone\n\n## Other"),
    ("test", TESTS, "OutriderSlow, exp_alerts: []", "OutriderDown, exp_alerts: []"),
    ("test", TESTS, "OutriderSlow, exp_alerts: [{exp_labels: {}}]", "OutriderSlow, exp_alerts: []"),
    ("metric", DASHBOARD, GOOD[DASHBOARD], dashboard(panel(1, 0, targets=[{"expr": "outrider_gone"}]))),
    ("metric", DASHBOARD, "outrider_lag_seconds_sum", "outrider_gone"),
    ("label", DASHBOARD, GOOD[DASHBOARD],
     dashboard(panel(1, 0, targets=[{"expr": 'outrider_lag_seconds_sum{topic="a"}'}]))),
    ("panel", DASHBOARD, GOOD[DASHBOARD], dashboard(panel(1, 0), panel(1, 12))),
    ("panel", DASHBOARD, GOOD[DASHBOARD], dashboard(panel(1, 0), panel(2, 11))),
    ("panel", DASHBOARD, GOOD[DASHBOARD], dashboard(panel(1, 0, description=""))),
    ("expression", DASHBOARD, GOOD[DASHBOARD], dashboard(panel(1, 0, targets=[{"expr": "sum(up"}]))),
    ("port", "docker-compose.yml", "127.0.0.1:1:1", "1:1"),
    ("port", "docker-compose.yml", "127.0.0.1:1:1", "0.0.0.0:1:1"),
    ("image", "docker-compose.yml", "x:1/a:1.2", "x:1/a"),
    ("image", "docker-compose.yml", "c: {image: outrider,", "c: {image: c,"),
    ("image", MANIFEST, "outrider:1", "outrider:latest"),
    ("memory", MANIFEST, "256Mi", "512Mi"),
    ("memory", MANIFEST, "limits: {memory: 256Mi}", "requests: {memory: 256Mi}"),
    ("memory", "docker-compose.yml", "c: {image: outrider, mem_limit: 256m}", "c: {image: outrider}"),
    ("memory", UNIT, "MemoryMax=256M", "MemoryMax=256"),
    ("core", UNIT, "LimitCORE=0\n", ""),
    ("dsn", MANIFEST, "sslmode=", "ssl_mode="),
    ("dsn", MANIFEST, "/ca.pem", "system"),
    ("restricted", MANIFEST, "runAsNonRoot: true, ", ""),
    ("restricted", MANIFEST, "runAsUser: 65532", "runAsUser: 0"),
    ("restricted", MANIFEST, "RuntimeDefault", "Unconfined"),
    ("restricted", MANIFEST, "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"),
    ("restricted", MANIFEST, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"),
    ("restricted", MANIFEST, 'drop: ["ALL"]', 'drop: ["ALL"], add: ["NET_RAW"]'),
    ("restricted", MANIFEST, "      containers:", "      initContainers:"),
    ("restricted", MANIFEST, "automountServiceAccountToken: false", "enableServiceLinks: false"),
]


findings = findings_of("check-deploy")


def test_a_good_tree_has_no_findings(tmp_path):
    assert findings(GOOD, tmp_path) == []


def test_without_a_table_nothing_is_known(tmp_path):
    lines = findings({**GOOD, "docs/metrics.md": "# Metrics\n"}, tmp_path)
    assert lines[0].startswith("docs/metrics.md: [metric]") and len(lines) > 1


@pytest.mark.parametrize("rule,name,old,new", BAD)
def test_a_bad_file_is_found(tmp_path, rule, name, old, new):
    assert old in GOOD[name]
    bad = GOOD[name].replace(old, new)
    if new == "      initContainers:":  # where a careless one would not be looked for
        bad = bad.replace('drop: ["ALL"]', "drop: []")
    (line,) = findings({**GOOD, name: bad}, tmp_path)
    assert line.startswith(f"{name}:") and f"[{rule}]" in line
