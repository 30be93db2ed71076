{ config, ... }:
{
  services.prometheus = {
    enable = true;
    retentionTime = "30d";
    exporters.node = {
      enable = true;
      enabledCollectors = [ "systemd" ];
    };
    exporters.postgres.enable = true;
    rules = [
      (builtins.toJSON {
        groups = [
          {
            name = "host";
            rules = [
              {
                alert = "DiskFull";
                expr = "node_filesystem_avail_bytes < 1e9";
                for = "10m";
              }
            ];
          }
        ];
      })
    ];
    scrapeConfigs = [
      {
        job_name = "node";
        scrape_interval = "30s";
        static_configs = [
          { targets = [ "localhost:${toString config.services.prometheus.exporters.node.port}" ]; }
        ];
      }
    ];
    alertmanager = {
      enable = true;
      configuration = {
        route.receiver = "mail";
        receivers = [ { name = "mail"; } ];
      };
    };
  };
  services.grafana = {
    enable = true;
    settings.server.http_addr = "127.0.0.1";
    settings.security.secret_key = "$__file{/run/secrets/grafana}";
    provision.datasources.settings.datasources = [
      {
        name = "Prometheus";
        type = "prometheus";
        url = "http://localhost:9090";
      }
    ];
  };
}
