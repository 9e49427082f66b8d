"""Any scanner or camera that speaks MOSIP's Secure Biometric Interface 0.9.5: finger, iris, face."""
