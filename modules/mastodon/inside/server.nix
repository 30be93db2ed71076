# Mastodon itself, its database, and the nginx that serves its files.
{ instance }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (instance)
    federation
    mail
    signup
    site
    ;
  inherit (import ../signup-mode.nix { inherit lib; } signup) allowList;
  forwarded = ''
    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $http_x_real_ip;
    proxy_set_header X-Forwarded-For $http_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto https;
    proxy_read_timeout 300s;
  '';
in
{
  services = {
    mastodon = {
      enable = true;
      configureNginx = true;
      localDomain = instance.domain;
      streamingProcesses = 1;
      trustedProxy = "127.0.0.1 ${instance.container.hostAddress}";
      smtp = {
        inherit (mail) fromAddress;
        createLocally = mail.host == null;
      }
      // lib.optionalAttrs (mail.host != null) {
        inherit (mail) host port;
      }
      // lib.optionalAttrs (mail.user != null) {
        authenticate = true;
        inherit (mail) user;
        passwordFile = "/run/credentials/mastodon-init-dirs.service/relay";
      };
      extraConfig = {
        AUTHORIZED_FETCH = lib.boolToString federation.authorizedFetch;
        LIMITED_FEDERATION_MODE = lib.boolToString (federation.mode == "limited");
        # Addresses that single sign-on has verified, and later changes, are held to the list too. Not
        # where people are invited past it: their accounts could not be saved once the invitation ends.
        EMAIL_DOMAIN_LISTS_APPLY_AFTER_CONFIRMATION = lib.boolToString (!signup.invites);
      }
      // lib.optionalAttrs (site.languages != [ ]) { DEFAULT_LOCALE = lib.head site.languages; }
      // lib.optionalAttrs (instance.webDomain != instance.domain) { WEB_DOMAIN = instance.webDomain; }
      // lib.optionalAttrs (allowList != [ ]) {
        EMAIL_DOMAIN_ALLOWLIST = lib.concatStringsSep "|" allowList;
      };
    };

    postgresql.package = pkgs."postgresql_${toString instance.container.postgresql}";
    resolved.enable = true;

    # TLS ends at the host; Mastodon must nevertheless see https, or it redirects for ever.
    nginx = {
      recommendedProxySettings = lib.mkForce false;
      virtualHosts.${config.services.mastodon.localDomain} = {
        default = true;
        forceSSL = false;
        enableACME = false;
        extraConfig = ''
          client_max_body_size 100m;
        '';
        locations."@proxy".extraConfig = forwarded;
        locations."/api/v1/streaming".extraConfig = forwarded;
      };
    };
  };

  systemd.services.mastodon-init-dirs.serviceConfig.LoadCredential = lib.mkIf (mail.user != null) [
    "relay"
  ];

  users.users.mastodon.uid = instance.container.uid;

  networking.firewall.allowedTCPPorts = [ 80 ];
}
