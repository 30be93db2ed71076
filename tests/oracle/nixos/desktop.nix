{ pkgs, ... }:
{
  programs.sway.enable = true;
  services.greetd.enable = true;
  services.pipewire.enable = true;
  hardware.bluetooth.enable = true;
  environment.systemPackages = [
    pkgs.git
    pkgs.vim
    (pkgs.python3.withPackages (packages: [
      packages.numpy
      packages.requests
    ]))
  ];
}
