-- title: Agents of each client
SELECT client, user_agent, count(*) AS requests, sum(bytes) AS bytes, max(time) AS last_time
FROM web
WHERE user_agent IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 200
