# The host's nginx in front of the containers: certificates, the public names, who may look.
{ config, lib, ... }:
let
  instances = lib.attrValues config.coop.mastodon;
  copies = lib.filterAttrs (_: cfg: cfg.staging != null) config.coop.mastodon;
  hidden = cfg: cfg.stage != "production";

  # Every header is set here, where a request enters: what the client claims counts for nothing.
  proxy = cfg: more: {
    proxyPass = "http://${cfg.container.localAddress}";
    proxyWebsockets = true;
    recommendedProxySettings = false;
    extraConfig = ''
      proxy_set_header Host $host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header Proxy "";
      proxy_read_timeout 300s;
    ''
    + lib.optionalString (cfg.staging != null) ''
      proxy_set_header Authorization $coop_staging_token;
    ''
    + more;
  };

  web = name: cfg: {
    ${cfg.webDomain} = {
      forceSSL = true;
      enableACME = true;
      extraConfig = ''
        client_max_body_size 100m;
      ''
      + lib.optionalString (hidden cfg) ''
        add_header X-Robots-Tag "noindex, nofollow, noarchive" always;
      ''
      + lib.optionalString (cfg.staging != null) ''
        auth_basic "Staging copy";
        auth_basic_user_file /run/coop-htpasswd/${name};
      '';
      locations = {
        "/" = proxy cfg "";
        # Events are sent as they happen, not when a buffer is full.
        "/api/v1/streaming" = proxy cfg ''
          proxy_buffering off;
        '';
      }
      // lib.optionalAttrs (cfg.staging != null) {
        # Here Mastodon's own pages send a token where the password would be.
        "/api/" = proxy cfg ''
          auth_basic $coop_staging_realm;
        '';
      }
      // lib.optionalAttrs (hidden cfg) {
        "= /robots.txt" = {
          return = ''200 "User-agent: *\nDisallow: /\n"'';
          extraConfig = ''
            default_type text/plain;
          '';
        };
      };
    };
  };

  handles =
    cfg:
    lib.optionalAttrs (cfg.domain != cfg.webDomain) {
      ${cfg.domain} = {
        forceSSL = true;
        enableACME = true;
        locations =
          lib.genAttrs
            [
              "= /.well-known/webfinger"
              "= /.well-known/host-meta"
              "= /.well-known/nodeinfo"
            ]
            (_: {
              return = "301 https://${cfg.webDomain}$request_uri";
              extraConfig = ''
                add_header Access-Control-Allow-Origin * always;
              '';
            })
          // {
            "/".return = "404";
          };
      };
    };
in
{
  services.nginx = lib.mkIf (instances != [ ]) {
    commonHttpConfig = lib.mkIf (copies != { }) ''
      map $http_authorization $coop_staging_realm {
        default "Staging copy";
        "~*^Bearer " off;
      }
      map $http_authorization $coop_staging_token {
        default "";
        "~*^Bearer " $http_authorization;
      }
    '';

    virtualHosts = lib.mkMerge (
      lib.mapAttrsToList web config.coop.mastodon
      ++ map handles instances
      ++ [
        {
          # Whoever asks for another name, or for none, learns nothing.
          "coop-unknown" = {
            serverName = "_";
            default = true;
            rejectSSL = true;
            locations."/".return = "444";
          };
        }
      ]
    );
  };
}
