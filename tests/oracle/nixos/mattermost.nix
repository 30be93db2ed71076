{ lib, ... }:
{
  services.mattermost = {
    enable = true;
    siteUrl = "https://talk.example.org";
    settings.TeamSettings.RestrictCreationToDomains = "example.org";
  };
  services.nginx = {
    enable = true;
    virtualHosts."talk.example.org" = {
      enableACME = true;
      forceSSL = true;
      locations."/".proxyPass = "http://localhost:8065";
    };
  };
  nixpkgs.config.allowUnfreePredicate = package: lib.hasPrefix "mattermost" (lib.getName package);
}
