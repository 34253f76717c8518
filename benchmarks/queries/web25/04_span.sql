SELECT min(time) AS first, max(time) AS last FROM web
