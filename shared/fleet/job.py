"""A job of the scrape configuration, which takes from all targets those of its road, or the one of a host."""

_JOB = """\
  - job_name: {name}
    scrape_interval: {interval}
{how}    file_sd_configs:
      - files: [/etc/prometheus/motes/targets.json]
    relabel_configs:
      - {{action: keep, source_labels: {labels}, regex: {regex}}}
    # The road stays on up and scrape_*, and a host's series go on when it takes another.
    metric_relabel_configs:
      - {{action: labeldrop, regex: road}}
"""


def job(road: str, interval: str, host: str = "", how: str = "") -> str:
    """`how` are further lines."""
    if not host:
        return _JOB.format(name=road, interval=interval, how=how, labels="[road]", regex=road)
    regex = f"'{road};{host.replace('.', '[.]')}'"
    return _JOB.format(name=f"{road}-{host}", interval=interval, how=how, labels="[road, instance]", regex=regex)
