-- title: Errors by route
SELECT route(path) AS route, count_if(status >= 500) AS server_errors,
       count_if(status >= 400 AND status < 500) AS client_errors, max(time) AS last_time
FROM web
WHERE status >= 400 AND status < 600
GROUP BY ALL ORDER BY server_errors DESC, client_errors DESC LIMIT 100
