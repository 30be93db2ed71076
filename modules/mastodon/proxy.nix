# The host's nginx in front of the containers: certificates, the public name, the upload limit.
{ config, lib, ... }:
let
  proxy = cfg: path: {
    proxyPass = "http://${cfg.container.localAddress}${path}";
    proxyWebsockets = true;
    extraConfig = ''
      proxy_set_header Host $host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
      proxy_read_timeout 300s;
    '';
  };
  web = cfg: {
    ${cfg.webDomain} = {
      forceSSL = true;
      enableACME = true;
      locations."/" = proxy cfg "";
      extraConfig = ''
        client_max_body_size 100m;
      ''
      + lib.optionalString (cfg.stage != "production") ''
        add_header X-Robots-Tag "noindex, nofollow" always;
      '';
    };
  };
  handles =
    cfg:
    lib.optionalAttrs (cfg.domain != cfg.webDomain) {
      ${cfg.domain} = {
        forceSSL = true;
        enableACME = true;
        locations = lib.genAttrs [ "/.well-known/webfinger" "/.well-known/host-meta" "/.well-known/nodeinfo" ] (
          path: {
            return = "301 https://${cfg.webDomain}${path}$is_args$args";
            extraConfig = ''
              add_header Access-Control-Allow-Origin * always;
            '';
          }
        );
      };
    };
in
{
  services.nginx.virtualHosts = lib.mkMerge (
    lib.concatMap (cfg: [
      (web cfg)
      (handles cfg)
    ]) (lib.attrValues config.coop.mastodon)
  );
}
