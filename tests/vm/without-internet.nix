# A virtual machine's part of the example host: its own certificate, no relay, no cache budget, and
# a repository and a password that are there.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  certificate = pkgs.runCommand "certificate" { nativeBuildInputs = [ pkgs.openssl ]; } ''
    mkdir $out
    openssl req -x509 -newkey rsa:2048 -nodes -days 36500 -subj /CN=social.example.coop \
      -addext subjectAltName=DNS:social.example.coop,DNS:example.coop \
      -keyout $out/key.pem -out $out/cert.pem
  '';
  names = [
    "example.coop"
    "social.example.coop"
  ];
in
{
  virtualisation = {
    memorySize = 4096;
    cores = 2;
    diskSize = 12288;
  };

  # No certificate authority is in reach.
  services.nginx.virtualHosts = lib.genAttrs names (_: {
    enableACME = lib.mkForce false;
    sslCertificate = "${certificate}/cert.pem";
    sslCertificateKey = "${certificate}/key.pem";
  });
  security.pki.certificateFiles = [ "${certificate}/cert.pem" ];
  networking.hosts."127.0.0.1" = names;

  coop.mastodon.social = {
    memoryGb = lib.mkForce 3;
    cache.budgetGb = lib.mkDefault null;
    mail = {
      host = lib.mkForce null;
      user = lib.mkForce null;
    };
  };

  systemd.tmpfiles.rules = [
    "d /var/lib/coop/secrets 0700 root root -"
    "f /var/lib/coop/secrets/${config.coop.mastodon.social.backup.passwordSecret} 0600 root root - password"
  ];
}
