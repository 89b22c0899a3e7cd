"""A road's job in the scrape configuration, which takes the targets of that road."""

JOB = """\
  - job_name: {road}
    scrape_interval: {interval}
    file_sd_configs:
      - files: [targets.json]
    relabel_configs:
      - {{action: keep, source_labels: [road], regex: {road}}}
    # The road stays on up and scrape_*, and a host's series go on when it takes another.
    metric_relabel_configs:
      - {{action: labeldrop, regex: road}}
"""
