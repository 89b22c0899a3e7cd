"""LYWSD03MMC Bluetooth thermometers: what they say by themselves, and what they answer when asked."""
