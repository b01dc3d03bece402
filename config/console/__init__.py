"""The Django admin site for administrators."""
